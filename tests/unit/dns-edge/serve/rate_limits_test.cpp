// Limits of rate as clients see them, over sockets.
#include "dns-edge/serve/workers.hpp"
#include "tests/unit/dns-edge/serve/serving.hpp"

namespace tidemark::edge {
namespace {

class Limited : public Serving {
 protected:
  // Asks so often that the burst is used up, then `more` times.
  std::vector<Bytes> flood(const Bytes& query, int more) {
    UdpClient client(address());
    for (std::uint32_t i = 0; i < settings.rate.burst; ++i) {
      client.send(query);
      EXPECT_FALSE(client.receive().empty());
    }
    std::vector<Bytes> replies;
    for (int i = 0; i < more; ++i) {
      client.send(query);
      replies.push_back(client.receive());
    }
    return replies;
  }
  Limited() { settings.rate = {.mode = RateMode::On, .per_second = 1, .burst = 10}; }
  static constexpr auto answers = static_cast<std::size_t>(RateClass::Answer);
  static constexpr auto errors = static_cast<std::size_t>(RateClass::Error);
};

TEST_F(Limited, ASourceOverItsRateIsToldToComeByTcp) {
  open();
  const Bytes query = support::to_wire({.name = "many.big.test.", .payload = std::uint16_t{1232}});
  for (const Bytes& reply : flood(query, 5)) {
    const auto message = dns::read_message(reply);
    ASSERT_TRUE(message.has_value());
    EXPECT_TRUE((message->flags & dns::flag_tc) != 0);
    EXPECT_TRUE(message->answer.empty() && message->authority.empty());
    EXPECT_LE(reply.size(), query.size()) << "no amplification";
  }
  EXPECT_GE(serving->counters(0).rate_limited[answers].value(), 5u);
  EXPECT_EQ(serving->counters(0).rate_slipped.value(),
            serving->counters(0).rate_limited[answers].value());
}

TEST_F(Limited, InDryRunNothingChangesButTheCounter) {
  settings.rate.mode = RateMode::DryRun;
  open();
  for (const Bytes& reply : flood(support::to_wire({.name = "www.example.org."}), 5)) {
    const auto message = dns::read_message(reply);
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->answer.size(), 1u);
  }
  EXPECT_GE(serving->counters(0).rate_would_limit[answers].value(), 5u);
  EXPECT_EQ(serving->counters(0).rate_limited[answers].value(), 0u);
  EXPECT_EQ(serving->counters(0).rate_slipped.value(), 0u);
}

TEST_F(Limited, ErrorsCountApart) {
  open();
  const auto refused = flood(support::to_wire({.name = "not.hosted."}), 3);
  EXPECT_GE(serving->counters(0).rate_limited[errors].value(), 3u);
  EXPECT_EQ(serving->counters(0).rate_limited[answers].value(), 0u);
  UdpClient client(address());
  EXPECT_EQ(client.ask({.name = "www.example.org."}).answer.size(), 1u) << "its answers are free";
}

TEST_F(Limited, TheAllowListIsNotCounted) {
  settings.rate.allow = {*parse_prefix("127.0.0.0/8")};
  open();
  for (const Bytes& reply : flood(support::to_wire({.name = "www.example.org."}), 5)) {
    EXPECT_EQ(dns::read_message(reply)->answer.size(), 1u);
  }
  EXPECT_EQ(serving->counters(0).rate_limited[answers].value(), 0u);
  EXPECT_EQ(serving->counters(0).rate_exempt_by_address.value(), 15u);
}

TEST_F(Limited, WithSlipTwoEverySecondLimitedReplyIsLost) {
  settings.rate.slip = 2;
  open();
  UdpClient client(address());
  const Bytes query = support::to_wire({.name = "www.example.org."});
  for (int i = 0; i < 30; ++i) client.send(query);
  wait_for([&] { return serving->counters(0).udp_queries.value() == 30; });
  serving->stop();
  const std::uint64_t limited = serving->counters(0).rate_limited[answers].value();
  EXPECT_GE(limited, 15u);
  EXPECT_EQ(serving->counters(0).rate_slipped.value(), limited / 2);
}

}  // namespace
}  // namespace tidemark::edge
