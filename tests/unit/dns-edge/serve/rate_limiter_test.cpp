// RateLimiter: who is counted, where, and what it then gets.
#include "dns-edge/serve/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;
using Verdict = RateLimiter::Verdict;

class Limiter : public ::testing::Test {
 protected:
  Limiter() { settings = {.mode = RateMode::On, .per_second = 10, .burst = 20}; }

  RateLimiter& limiter() {
    if (!made) made.emplace(settings, 7, now, counters);
    return *made;
  }
  Verdict judge(const Reply& reply) {
    return limiter().judge(client, limiter().locate(client), reply);
  }
  // How many of 100 such replies are sent whole.
  int whole(const Reply& reply) {
    int count = 0;
    for (int i = 0; i < 100; ++i) count += judge(reply) == Verdict::Whole ? 1 : 0;
    return count;
  }
  std::uint64_t limited(RateClass of) const {
    return counters.rate_limited[static_cast<std::size_t>(of)].value();
  }

  RateSettings settings;
  WorkerCounters counters;
  std::chrono::milliseconds now{1000};
  std::optional<RateLimiter> made;
  Client client{.address = {192, 0, 2, 1}, .address_octets = 4};
};

TEST_F(Limiter, AValidCookieIsNotCounted) {
  const Reply proved{.octets = 50, .cookie = CookieState::Valid};
  EXPECT_EQ(whole(proved), 100);
  EXPECT_EQ(counters.rate_exempt_by_cookie.value(), 100u);
  EXPECT_EQ(whole({.octets = 50}), 20) << "what it had with a cookie is not held against it";
  EXPECT_EQ(whole(proved), 100) << "nor what others do under its address against it";
}

TEST_F(Limiter, AClientCookieAloneProvesNothing) {
  EXPECT_EQ(whole({.octets = 50, .cookie = CookieState::ClientOnly}), 20);
  EXPECT_EQ(limited(RateClass::Answer), 80u);
}

TEST_F(Limiter, ErrorsCountApart) {
  for (const dns::Rcode rcode : {dns::Rcode::FormErr, dns::Rcode::NotImp, dns::Rcode::Refused}) {
    made.reset();
    EXPECT_EQ(whole({.octets = 12, .rcode = rcode}), 20);
    EXPECT_EQ(whole({.octets = 50, .rcode = dns::Rcode::NxDomain}), 20);
  }
  EXPECT_EQ(limited(RateClass::Error), 240u);
  EXPECT_EQ(limited(RateClass::Answer), 240u);
}

TEST_F(Limiter, SlipSaysHowManyLimitedRepliesAreSent) {
  for (const auto& [slip, sent] : {std::pair(0u, 0), {1u, 80}, {2u, 40}, {5u, 16}}) {
    settings.slip = slip;
    made.reset();
    int shortened = 0;
    for (int i = 0; i < 100; ++i) shortened += judge({.octets = 50}) == Verdict::Limited ? 1 : 0;
    EXPECT_EQ(shortened, sent) << slip;
  }
}

TEST_F(Limiter, DryRunCountsAndChangesNothing) {
  settings.mode = RateMode::DryRun;
  EXPECT_EQ(whole({.octets = 50}), 100);
  EXPECT_EQ(limited(RateClass::Answer), 0u);
  EXPECT_EQ(counters.rate_would_limit[0].value(), 80u);
  EXPECT_EQ(counters.rate_slipped.value(), 0u);
  limiter().charge(client, 10s);
  EXPECT_TRUE(limiter().may_serve(client));
  EXPECT_EQ(counters.rate_would_limit[static_cast<std::size_t>(RateClass::Tcp)].value(), 1u);
}

TEST_F(Limiter, OffLooksAtNothing) {
  settings.mode = RateMode::Off;
  EXPECT_EQ(whole({.octets = 50}), 100);
  limiter().charge(client, 10s);
  EXPECT_TRUE(limiter().may_serve(client));
  EXPECT_EQ(counters.rate_would_limit[0].value(), 0u);
}

TEST_F(Limiter, TcpCountsServiceTime) {
  limiter().charge(client, 12'400us);  // of 12,500 at once
  EXPECT_TRUE(limiter().may_serve(client));
  limiter().charge(client, 1ms);
  EXPECT_FALSE(limiter().may_serve(client));
  EXPECT_EQ(limited(RateClass::Tcp), 1u);
  EXPECT_EQ(whole({.octets = 50}), 20) << "UDP has counters of its own";
  limiter().begin_batch(now + 1s);
  EXPECT_TRUE(limiter().may_serve(client));
}

TEST_F(Limiter, AnAllowedAddressIsServedWhateverItCost) {
  settings.allow = {*parse_prefix("192.0.2.0/28")};
  limiter().charge(client, 10s);
  EXPECT_TRUE(limiter().may_serve(client));
  EXPECT_EQ(whole({.octets = 50}), 100);
  EXPECT_EQ(counters.rate_exempt_by_address.value(), 100u);
}

TEST_F(Limiter, AQuestionOfOurOwnIsNotCounted) {
  client = {};
  EXPECT_EQ(whole({.octets = 50}), 100);
}

}  // namespace
}  // namespace tidemark::edge
