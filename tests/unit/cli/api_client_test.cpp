#include "cli/api_client.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(ApiFailure, ListsEveryDetailWithItsPlaceInTheFile) {
  const Failure failure =
      failure_of(422,
                 R"({"error": {"code": "invalid", "message": "2 errors", "object": "example.org.",
          "remedy": "repair them", "details": [
          {"line": 12, "column": 7, "rule": "syntax", "message": "not an IPv4 address"},
          {"owner": "www.example.org.", "type": "A", "rule": "x", "message": "twice"}]}})",
                 "a.zone");
  EXPECT_EQ(failure.exit, Exit::Error);
  EXPECT_EQ(failure.what,
            "example.org.: invalid: 2 errors\n  a.zone:12:7: not an IPv4 address\n"
            "  www.example.org. A: twice");
  EXPECT_EQ(failure.next, "repair them");
}

TEST(ApiFailure, ASingleDetailIsShownUnlessItOnlyRepeats) {
  const auto told = [](const std::string& object) {
    return failure_of(422,
                      R"({"error": {"code": "invalid", "message": "twice", "object": ")" + object +
                          R"(", "details": [
          {"owner": "www.example.org.", "type": "A", "rule": "x", "message": "twice"}]}})",
                      "")
        .what;
  };
  EXPECT_EQ(told("example.org."), "example.org.: invalid: twice\n  www.example.org. A: twice");
  EXPECT_EQ(told("www.example.org. A"), "www.example.org. A: invalid: twice");
}

TEST(ApiFailure, AGuardHasAnExitCodeOfItsOwnAndNamesTheNumber) {
  const Failure failure = failure_of(
      403, R"({"error": {"code": "guard", "message": "too much", "acknowledge_removals": 31}})",
      "");
  EXPECT_EQ(failure.exit, Exit::Guard);
  EXPECT_EQ(failure.with, "--acknowledge-removals 31");
  EXPECT_EQ(failure.removals, 31u);
}

TEST(ApiFailure, AForbiddenTokenIsNoGuard) {
  const Failure failure =
      failure_of(403, R"({"error": {"code": "forbidden", "message": "no scope"}})", "");
  EXPECT_EQ(failure.exit, Exit::Error);
}

TEST(ApiFailure, AnAnswerOfSomethingElseIsToldAsSuch) {
  EXPECT_NE(failure_of(502, "<html>", "").what.find("HTTP 502"), std::string::npos);
  EXPECT_NE(failure_of(500, "[]", "").what.find("HTTP 500"), std::string::npos);
  EXPECT_EQ(failure_of(413, R"({"status": 413, "error": "too large"})", "").what,
            "HTTP 413: too large");
}

}  // namespace
}  // namespace tidemark::cli
