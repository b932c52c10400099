// HTTPS checks against a real TLS server: whom they trust, and what they say when they do not.
#include <optional>

#include <gtest/gtest.h>

#include "producer/prober/net_checker.hpp"
#include "tests/probing/loopback.hpp"
#include "tests/probing/tls_server.hpp"

namespace tidemark::probing {
namespace {

using producer::CheckResult;
using producer::Target;

class HttpsCheck : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority_.emplace();
    authority_->sign("good", "DNS:www.example.test,IP:127.0.0.1", 2);
    authority_->sign("expired", "DNS:www.example.test", -1);
  }
  static void TearDownTestSuite() { authority_.reset(); }

  // What a check of www.example.test says of a server that shows this certificate.
  CheckResult check(const std::string& certificate, bool verify,
                    const std::string& host = "www.example.test",
                    const std::string& ca_file = authority_->ca_file()) {
    const TlsServer server(io_, authority_->folder(), certificate);
    Target asked = target(event::CheckKind::Https, server.port());
    asked.check.verify_tls = verify;
    asked.check.host = host;
    asked.check.timeout_ms = 20'000;
    producer::NetChecker checker(io_, ca_file);
    std::optional<CheckResult> result;
    const auto attempt = checker.start(asked, [&](CheckResult r) { result = std::move(r); });
    EXPECT_TRUE(run_until(io_, [&] { return result.has_value(); }));
    return result.value_or(CheckResult{false, "no result"});
  }

  static inline std::optional<Authority> authority_;
  boost::asio::io_context io_{1};
};

TEST_F(HttpsCheck, IsGoodByATrustedAuthorityForTheHostThatIsAskedFor) {
  const CheckResult result = check("good", true);
  EXPECT_TRUE(result.good) << result.cause;
}

TEST_F(HttpsCheck, IsGoodForTheAddressWhenNoHostIsNamed) {
  const CheckResult result = check("good", true, "");
  EXPECT_TRUE(result.good) << result.cause;
}

TEST_F(HttpsCheck, WithoutVerifyTlsAnyCertificateWillDo) {
  EXPECT_TRUE(check("expired", false, "mail.example.test", "").good);
  EXPECT_TRUE(check("good", false, "www.example.test", "/nowhere/ca.pem").good)
      << "nobody to be trusted is looked up";
}

TEST_F(HttpsCheck, AWrongNameIsToldWithTheNameThatWasAskedFor) {
  const CheckResult result = check("good", true, "mail.example.test");
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.cause, "TLS: certificate verify failed: it is not for mail.example.test");
  const CheckResult address = check("expired", true, "");
  EXPECT_FALSE(address.good);
}

TEST_F(HttpsCheck, AnExpiredCertificateIsCalledExpired) {
  const CheckResult result = check("expired", true);
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.cause, "TLS: certificate verify failed: certificate has expired");
}

TEST_F(HttpsCheck, AnAuthorityThatNobodyTrustsIsCalledSo) {
  const CheckResult result = check("good", true, "www.example.test", "");
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.cause, "TLS: certificate verify failed: no trusted authority signed it");
}

TEST_F(HttpsCheck, ACaFileThatIsGoneIsNamed) {
  const CheckResult result = check("good", true, "www.example.test", "/nowhere/ca.pem");
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.cause.substr(0, 53), "TLS: certificates of authorities: /nowhere/ca.pem: No");
}

}  // namespace
}  // namespace tidemark::probing
