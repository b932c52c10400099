// The checker's words for what it meets.
#include "producer/prober/net_checker.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "tests/probing/loopback.hpp"

namespace tidemark::probing {
namespace {

using event::CheckKind;
using producer::CheckResult;
using producer::Target;

class Checking : public ::testing::Test {
 protected:
  CheckResult check(const Target& target) {
    std::optional<CheckResult> result;
    producer::NetChecker checker(io_);
    const auto attempt = checker.start(target, [&](CheckResult r) { result = std::move(r); });
    EXPECT_FALSE(result) << "never from inside the call";
    EXPECT_TRUE(run_until(io_, [&] { return result.has_value(); }));
    return result.value_or(CheckResult{false, "no result"});
  }
  boost::asio::io_context io_{1};
};

TEST_F(Checking, TcpIsGoodWhereSomebodyListens) {
  const auto server = serve_status(io_, 500);
  EXPECT_TRUE(check(target(CheckKind::Tcp, server->local_port())).good);
  const CheckResult refused = check(target(CheckKind::Tcp, closed_port()));
  EXPECT_FALSE(refused.good);
  EXPECT_EQ(refused.cause, "connection refused");
}

TEST_F(Checking, HttpIsGoodWithinTheExpectedRange) {
  const auto server = serve_status(io_, 503);
  Target asked = target(CheckKind::Http, server->local_port());
  const CheckResult bad = check(asked);
  EXPECT_FALSE(bad.good);
  EXPECT_EQ(bad.cause, "HTTP 503 (expected 200-399)");
  asked.check.status_low = asked.check.status_high = 503;
  EXPECT_TRUE(check(asked).good);
}

TEST_F(Checking, ItAsksForThePathOfTheHost) {
  std::string seen;
  const auto server = serve(io_, [&](net::HttpRequest request, net::Respond respond) {
    seen = request.method + " " + request.target + " " +
           std::string(request.headers.get("Host").value_or("none"));
    respond({});
  });
  Target asked = target(CheckKind::Http, server->local_port());
  asked.check.path = "/health?deep=1";
  asked.check.host = "www.example.test";
  EXPECT_TRUE(check(asked).good);
  EXPECT_EQ(seen, "GET /health?deep=1 www.example.test:" + std::to_string(server->local_port()));
}

TEST_F(Checking, WhoDoesNotAnswerInTimeIsTimedOut) {
  std::vector<net::Respond> never;
  const auto server = serve(
      io_, [&](net::HttpRequest, net::Respond respond) { never.push_back(std::move(respond)); });
  Target asked = target(CheckKind::Http, server->local_port());
  asked.check.timeout_ms = 50;
  const CheckResult late = check(asked);
  EXPECT_FALSE(late.good);
  EXPECT_EQ(late.cause, "timed out after 50 ms");
}

TEST_F(Checking, APlainServerIsNotGoodForHttps) {
  const auto server = serve_status(io_, 200);
  const CheckResult bad = check(target(CheckKind::Https, server->local_port()));
  EXPECT_FALSE(bad.good);
  EXPECT_EQ(bad.cause.substr(0, 5), "TLS: ") << bad.cause;
}

TEST_F(Checking, AnAttemptThatEndsEarlyNeverCallsBack) {
  const auto server = serve_status(io_, 200);
  producer::NetChecker checker(io_);
  bool called = false;
  auto attempt = checker.start(target(CheckKind::Http, server->local_port()),
                               [&](const CheckResult&) { called = true; });
  attempt.reset();
  EXPECT_TRUE(check(target(CheckKind::Http, server->local_port())).good);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace tidemark::probing
