#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using dns::Rcode;
using dns::RrType;
using support::Question;

class PoolAnswers : public Answers {
 protected:
  PoolAnswers() {
    event::Pool web{.name = "web", .endpoints = {}, .check = {}};
    web.endpoints = {support::endpoint_v4("a", {10, 0, 0, 1}),
                     support::endpoint_v4("b", {10, 0, 0, 2}),
                     support::endpoint_v4("c", {10, 0, 0, 3})};
    world.pool(web);
    event::Pool v6{.name = "v6", .endpoints = {}, .check = {}};
    v6.endpoints = {
        support::endpoint_v6("six", {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6})};
    v6.all_down = event::AllDown::ServFail;
    v6.floor = 0;
    world.pool(v6);
    world.zone(
        "$ORIGIN p.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n"
        "web 30 TYPE65400 \\# 3 776562\nv6 20 TYPE65400 \\# 2 7636\n"
        "*.w 10 TYPE65400 \\# 3 776562\nalso 60 CNAME web\n"
        "both 30 TYPE65400 \\# 3 776562\nboth 60 TXT \"text\"\n");
  }
};

TEST_F(PoolAnswers, AllMembersThatAreUpAreAnsweredWithTheTtlOfTheReference) {
  EXPECT_EQ(ask("web.p.test.").answer(),
            (Lines{"web.p.test. 30 A 10.0.0.1", "web.p.test. 30 A 10.0.0.2",
                   "web.p.test. 30 A 10.0.0.3"}));
  EXPECT_TRUE(ask("web.p.test.").flag(dns::flag_aa));
}

TEST_F(PoolAnswers, AMemberThatIsDownIsLeftOut) {
  world.down("web", "b");
  EXPECT_EQ(ask("web.p.test.").answer(),
            (Lines{"web.p.test. 30 A 10.0.0.1", "web.p.test. 30 A 10.0.0.3"}));
}

TEST_F(PoolAnswers, WhenAllAreDownAllAreAnswered) {
  world.down("web", "a").down("web", "b").down("web", "c");
  EXPECT_EQ(ask("web.p.test.").message.answer.size(), 3u);
}

TEST_F(PoolAnswers, ServFailIsAnsweredOnlyByChoice) {
  EXPECT_EQ(ask("v6.p.test.", RrType::Aaaa).answer(), Lines{"v6.p.test. 20 AAAA 2001:db8::6"});
  world.down("v6", "six");
  const Asked asked = ask("v6.p.test.", RrType::Aaaa);
  EXPECT_EQ(asked.message.rcode(), Rcode::ServFail);
  EXPECT_FALSE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.answer(), Lines{});
}

TEST_F(PoolAnswers, AFamilyWithoutMembersIsNodata) {
  const Asked asked = ask("web.p.test.", RrType::Aaaa);
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_EQ(asked.message.authority.size(), 1u);
}

TEST_F(PoolAnswers, ThePoolTypeItselfIsHidden) {
  EXPECT_EQ(ask("web.p.test.", RrType::Pool).answer(), Lines{});
  EXPECT_EQ(ask("web.p.test.", RrType::Pool).message.authority.size(), 1u);
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    for (const char* name : {"web.p.test.", "both.p.test."}) {
      const Asked any = ask(Question{.name = name, .type = RrType::Any}, transport);
      for (const auto& record : any.message.answer) EXPECT_NE(record.type, RrType::Pool);
      EXPECT_FALSE(any.message.answer.empty());
    }
  }
}

TEST_F(PoolAnswers, WildcardsAndAliasesLeadToPools) {
  EXPECT_EQ(ask("x.w.p.test.").answer().front(), "x.w.p.test. 10 A 10.0.0.1");
  const Asked alias = ask("also.p.test.");
  ASSERT_EQ(alias.message.answer.size(), 4u);
  EXPECT_EQ(alias.answer()[1], "web.p.test. 30 A 10.0.0.1");
}

}  // namespace
}  // namespace tidemark::edge
