// RateTable on a clock that stands until the test moves it.
#include "dns-edge/serve/rate_table.hpp"

#include <gtest/gtest.h>

#include "tests/support/allocation_count.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::edge {
namespace {

using V4 = std::array<std::uint8_t, 4>;
using V6 = std::array<std::uint8_t, 16>;

constexpr RateLimit usual{.per_second = 50, .burst = 125, .counters = rate_counters_default};

class Rates : public ::testing::Test {
 protected:
  void wait(std::uint64_t ms) { table.advance(now += ms); }
  template <class Address>
  bool ask(const Address& address) {
    return table.admit(table.locate(address));
  }
  // How many of `times` are admitted at once.
  template <class Address>
  int ask_often(const Address& address, int times) {
    int admitted = 0;
    for (int i = 0; i < times; ++i) admitted += ask(address) ? 1 : 0;
    return admitted;
  }

  std::uint64_t now = 1'000'000;
  RateTable table{usual, 42, now};
  const V4 one{192, 0, 2, 1};
};

TEST_F(Rates, ABurstIsAdmittedAndNotOneMore) { EXPECT_EQ(ask_often(one, 1000), 125); }

TEST_F(Rates, WhoAsksTooMuchGoesOnToGetTheRate) {
  ask_often(one, 1000);
  int admitted = 0;
  for (int second = 0; second < 20; ++second) {
    for (int i = 0; i < 1000; ++i) {
      wait(1);
      admitted += ask_often(one, 2);  // 2,000 a second
    }
  }
  EXPECT_NEAR(admitted, 20 * 50, 20) << "what is over is not counted";
}

TEST_F(Rates, WhoKeepsToTheRateIsNeverLimited) {
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(ask(one)) << i;
    wait(20);
  }
}

TEST_F(Rates, TheBurstComesBackWithRest) {
  EXPECT_EQ(ask_often(one, 200), 125);
  wait(1733);  // half of it fades: ln 2 / (rate / burst)
  EXPECT_NEAR(ask_often(one, 200), 63, 2);
  wait(60'000);
  EXPECT_EQ(ask_often(one, 200), 125);
}

TEST_F(Rates, ALongTimeIsNotTakenForAShortOne) {
  for (const std::uint64_t ms : {1u << 16, (1u << 18) - 1, 1u << 18, (1u << 18) + 5, 10'000'000u}) {
    ask_often(one, 200);
    wait(ms);
    EXPECT_EQ(ask_often(one, 200), 125) << ms;
  }
  // In small steps, so that no single one clears the table.
  ask_often(one, 200);
  for (int i = 0; i < (1 << 18) / 100; ++i) wait(100);
  EXPECT_EQ(ask_often(one, 200), 125);
}

TEST_F(Rates, TimeNeverGoesBack) {
  ask_often(one, 200);
  table.advance(now - 100'000);
  EXPECT_FALSE(ask(one));
}

struct Network {
  int addresses_log2, multiple;
};

TEST_F(Rates, ANetworkHasItsOwnMultipleV4) {
  // As many addresses as a network has, each asking a little: what the /24, /20, /18 then get.
  for (const Network& network : {Network{8, 32}, {12, 256}, {14, 768}}) {
    RateTable fresh(usual, 7, now);
    int admitted = 0;
    const std::uint32_t addresses = 1u << network.addresses_log2;
    for (std::uint32_t i = 0; i < addresses * 20; ++i) {
      const std::uint32_t host = i % addresses;
      const V4 address{10, 1, static_cast<std::uint8_t>(host >> 8),
                       static_cast<std::uint8_t>(host)};
      admitted += fresh.admit(fresh.locate(address)) ? 1 : 0;
    }
    EXPECT_LE(admitted, network.multiple * 125 + network.multiple);
    const int narrower = network.addresses_log2 == 14 ? 4 * 256 : network.multiple;
    EXPECT_GE(admitted, std::min(network.multiple, narrower) * 125 * 9 / 10);
  }
}

TEST_F(Rates, ANetworkHasItsOwnMultipleV6) {
  // The octet that differs within a /64, /56, /48, /32.
  struct Case {
    std::size_t octet;
    int multiple;
  };
  for (const Case& one_case : {Case{15, 2}, {7, 3}, {6, 4}}) {
    RateTable fresh(usual, 7, now);
    int admitted = 0;
    for (int i = 0; i < 64 * 125; ++i) {
      V6 address{0x20, 0x01, 0x0d, 0xb8};
      address[one_case.octet] = static_cast<std::uint8_t>(i);
      admitted += fresh.admit(fresh.locate(address)) ? 1 : 0;
    }
    EXPECT_EQ(admitted, one_case.multiple * 125) << one_case.octet;
  }
  RateTable fresh(usual, 7, now);
  int admitted = 0;
  for (int i = 0; i < 256 * 256; ++i) {
    const V6 address{
        0x20, 0x01, 0x0d, 0xb8, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
    admitted += fresh.admit(fresh.locate(address)) ? 1 : 0;
  }
  EXPECT_EQ(admitted, 64 * 125) << "/32";
}

TEST_F(Rates, AddressesOfBothFamiliesAreStrangers) {
  ask_often(one, 200);
  EXPECT_TRUE(ask(V6{192, 0, 2, 1}));
  EXPECT_TRUE(ask(V4{192, 0, 2, 2}));
}

TEST_F(Rates, WhatALimitedAddressAsksIsNotHeldAgainstItsNetwork) {
  ask_often(one, 100'000);
  EXPECT_EQ(ask_often(V4{192, 0, 2, 2}, 200), 125);
}

// 10^6 random sources, a heavy one among them: it stays known, and memory is what it was.
TEST_F(Rates, HeavySourcesStayUnderAFloodOfRandomOnes) {
  RateTable small({.per_second = 50, .burst = 125, .counters = 1024}, 42, now);
  const std::size_t octets = small.octets();
  EXPECT_EQ(octets, 1024u * 8);
  support::SeededRandom random(1);
  int admitted = 0, asked = 0;
  const std::uint64_t before = support::allocations_of_this_thread;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint64_t number = random.next();
    const V4 stranger{static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8),
                      static_cast<std::uint8_t>(number >> 16),
                      static_cast<std::uint8_t>(number >> 24)};
    (void)small.admit(small.locate(stranger));
    if (i % 100 == 0) {  // one of a hundred is the heavy one: 1,000 a second
      ++asked;
      admitted += small.admit(small.locate(one)) ? 1 : 0;
      if (i % 1000 == 0) small.advance(now += 10);
    }
  }
  EXPECT_EQ(support::allocations_of_this_thread, before) << "nothing is allocated";
  EXPECT_EQ(small.octets(), octets);
  EXPECT_EQ(asked, 10'000);
  EXPECT_LE(admitted, 125 + 10 * 51 + 125) << "10 s of its rate, its burst, one eviction at most";
}

TEST_F(Rates, AFullTableDoesNotLimitStrangers) {
  RateTable tiny({.per_second = 50, .burst = 125, .counters = 1}, 42, now);
  support::SeededRandom random(3);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t number = random.next();
    const V6 address{static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8),
                     static_cast<std::uint8_t>(number >> 16),
                     static_cast<std::uint8_t>(number >> 24),
                     static_cast<std::uint8_t>(number >> 32)};
    EXPECT_TRUE(tiny.admit(tiny.locate(address))) << i;
  }
}

TEST_F(Rates, ACostKnownAfterwardsIsChargedInAnyCase) {
  RateTable service({.per_second = 5000, .burst = 12'500, .counters = 1024}, 42, now);
  const auto source = service.locate(one);
  EXPECT_FALSE(service.is_exhausted(source));
  service.charge(source, 12'000);
  EXPECT_FALSE(service.is_exhausted(source));
  service.charge(source, 1'000'000);
  EXPECT_TRUE(service.is_exhausted(source));
  service.advance(now += 100);  // some 500 of 12,500 have faded
  EXPECT_FALSE(service.is_exhausted(source));
  service.charge(source, 480);
  EXPECT_FALSE(service.is_exhausted(source));
  service.charge(source, 40);
  EXPECT_TRUE(service.is_exhausted(source));
}

TEST_F(Rates, TheSeedDecidesWhereACounterIs) {
  const RateTable other(usual, 43, now);
  EXPECT_NE(table.locate(one).hash, other.locate(one).hash);
}

TEST_F(Rates, TheSizeFollowsTheLoad) {
  EXPECT_EQ(rate_counters_for(18'000'000, 50), rate_counters_default);
  EXPECT_EQ(rate_counters_for(1'000'000, 50), 32'768u);  // 28,000
  EXPECT_EQ(rate_counters_for(0, 50), 1u);
  EXPECT_EQ(table.octets(), 4u * 1024 * 1024);
}

}  // namespace
}  // namespace tidemark::edge
