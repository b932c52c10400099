// D32: another system forwarded what it did not know, with AA set, and turned the upstream's
// SERVFAIL into NXDOMAIN.
//
// Here nothing is forwarded: RA is 0 in every reply, and what is not hosted is REFUSED without AA.
// That the process opens no socket towards others is shown in the probes.
#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using dns::Rcode;
using dns::RrType;
using support::Question;
using Recursion = Answers;

constexpr std::uint16_t rd_and_cd = dns::flag_rd | dns::flag_cd;

TEST_F(Recursion, d32_NoReplyOffersRecursion) {
  for (const char* name :
       {"www.example.org.", "nope.example.org.", "x.cut.example.org.", "outside.example.org.",
        "else.test.", ".", "x.into.example.org.", "loop1.example.org."}) {
    for (const RrType type : {RrType::A, RrType::Ns, RrType::Any, RrType::Axfr, RrType::Nxname}) {
      for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
        const Asked asked = ask(
            Question{.name = name, .type = type, .flags = rd_and_cd, .payload = 1232}, transport);
        EXPECT_FALSE(asked.flag(dns::flag_ra)) << name;
        EXPECT_TRUE(asked.flag(dns::flag_rd)) << name;
      }
    }
  }
}

TEST_F(Recursion, d32_WhatIsNotHostedIsRefusedWithoutAa) {
  for (const char* name : {"else.test.", "notexample.org.", "org.", ".", "example.org.else."}) {
    for (std::uint32_t code : {1u, 2u, 6u, 16u, 28u, 43u, 255u, 65535u}) {
      const Asked asked = ask(Question{
          .name = name, .type = static_cast<RrType>(code), .flags = rd_and_cd, .payload = 1232});
      EXPECT_EQ(asked.message.rcode(), Rcode::Refused) << name << code;
      EXPECT_FALSE(asked.flag(dns::flag_aa)) << name << code;
      EXPECT_TRUE(asked.message.answer.empty() && asked.message.authority.empty()) << name;
    }
  }
}

// An alias that leaves is answered as far as we know, and never by what somebody else says.
TEST_F(Recursion, d32_AnAliasThatLeavesIsAnsweredWithItselfOnly) {
  const Asked asked = ask(Question{.name = "outside.example.org.", .flags = rd_and_cd});
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.answer(), Lines{"outside.example.org. 300 CNAME www.elsewhere.test."});
  EXPECT_TRUE(asked.message.authority.empty());
}

}  // namespace
}  // namespace tidemark::edge
