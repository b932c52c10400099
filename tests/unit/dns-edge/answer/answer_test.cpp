#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using dns::Rcode;
using dns::RrType;
using support::Question;

TEST_F(Answers, AnRrsetIsAnsweredWholeAndAlone) {
  const Asked asked = ask("www.example.org.");
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.answer(),
            (Lines{"www.example.org. 300 A 192.0.2.1", "www.example.org. 300 A 192.0.2.2"}));
  EXPECT_EQ(asked.authority(), Lines{});
  EXPECT_EQ(asked.additional(), Lines{});
}

TEST_F(Answers, TheQuestionsLetterCaseComesBack) {
  const Asked asked = ask("wWw.eXaMpLe.ORG.");
  ASSERT_EQ(asked.message.answer.size(), 2u);
  EXPECT_EQ(asked.message.answer[0].owner_as_sent, std::string("\3wWw\7eXaMpLe\3ORG\0", 17));
}

TEST_F(Answers, NodataCarriesTheSoaWithTheNegativeTtl) {
  const Asked asked = ask("www.example.org.", RrType::Aaaa);
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.answer(), Lines{});
  EXPECT_EQ(asked.authority(), example_soa);
}

TEST_F(Answers, ANameThatDoesNotExistIsNxDomain) {
  for (const char* name :
       {"nothing.example.org.", "a.b.c.nothing.example.org.", "x.www.example.org."}) {
    const Asked asked = ask(name);
    EXPECT_EQ(asked.message.rcode(), Rcode::NxDomain) << name;
    EXPECT_EQ(asked.authority(), example_soa) << name;
  }
}

TEST_F(Answers, AnEmptyNonTerminalExists) {
  EXPECT_EQ(ask("ent.example.org.").message.rcode(), Rcode::NoError);
  EXPECT_EQ(ask("ent.example.org.").authority(), example_soa);
  EXPECT_EQ(ask("b.ent.example.org.").message.rcode(), Rcode::NxDomain);
}

TEST_F(Answers, ZonesAreFoundByWholeLabels) {
  for (const char* name : {"notexample.org.", "org.", ".", "www.example.com."}) {
    const Asked asked = ask(name);
    EXPECT_EQ(asked.message.rcode(), Rcode::Refused) << name;
    EXPECT_FALSE(asked.flag(dns::flag_aa)) << name;
    EXPECT_EQ(asked.authority(), Lines{}) << name;
  }
}

TEST_F(Answers, ApexNsBringsAddressesOfThisZone) {
  const Asked asked = ask("example.org.", RrType::Ns);
  EXPECT_EQ(asked.answer(), (Lines{"example.org. 300 NS ns.glue.example.net.",
                                   "example.org. 300 NS ns1.example.org."}));
  EXPECT_EQ(asked.additional(),
            (Lines{"ns1.example.org. 300 A 192.0.2.53", "ns1.example.org. 300 AAAA 2001:db8::53"}));
}

TEST_F(Answers, AChainHasEachCnameBeforeItsTarget) {
  EXPECT_EQ(ask("chain.example.org.").answer(),
            (Lines{"chain.example.org. 300 CNAME alias.example.org.",
                   "alias.example.org. 300 CNAME www.example.org.",
                   "www.example.org. 300 A 192.0.2.1", "www.example.org. 300 A 192.0.2.2"}));
}

TEST_F(Answers, AChainHasTheRcodeOfItsLastName) {
  const Asked asked = ask("dangling.example.org.");
  EXPECT_EQ(asked.message.rcode(), Rcode::NxDomain);
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.answer(), Lines{"dangling.example.org. 300 CNAME nowhere.example.org."});
  EXPECT_EQ(asked.authority(), example_soa);
}

TEST_F(Answers, AChainThatLeavesTheHostedZonesStops) {
  const Asked asked = ask("outside.example.org.");
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_EQ(asked.answer(), Lines{"outside.example.org. 300 CNAME www.elsewhere.test."});
  EXPECT_EQ(asked.authority(), Lines{});
}

TEST_F(Answers, ALoopIsAnsweredOnce) {
  EXPECT_EQ(ask("loop1.example.org.").answer(),
            (Lines{"loop1.example.org. 300 CNAME loop2.example.org.",
                   "loop2.example.org. 300 CNAME loop1.example.org."}));
  EXPECT_EQ(ask("self.example.org.").answer(),
            Lines{"self.example.org. 300 CNAME self.example.org."});
  EXPECT_EQ(ask("self.example.org.").message.rcode(), Rcode::NoError);
}

TEST_F(Answers, ALongChainStopsAfterNineCnames) {
  std::string zone = "$ORIGIN long.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
  for (int i = 0; i < 20; ++i) {
    zone += "c" + std::to_string(i) + " 60 CNAME c" + std::to_string(i + 1) + "\n";
  }
  world.zone(zone);
  const Asked asked = ask("c0.long.test.");
  EXPECT_EQ(asked.message.answer.size(), aliases_max + 1);
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_EQ(asked.authority(), Lines{});
}

TEST_F(Answers, ACnameIsNotFollowedWhenAskedFor) {
  EXPECT_EQ(ask("chain.example.org.", RrType::Cname).answer(),
            Lines{"chain.example.org. 300 CNAME alias.example.org."});
}

TEST_F(Answers, AWildcardStandsForManyLabelsButNotAcrossACloserEncloser) {
  EXPECT_EQ(ask("x.y.wild.example.org.").answer(), Lines{"x.y.wild.example.org. 300 A 192.0.2.77"});
  EXPECT_EQ(ask("*.wild.example.org.").answer(), Lines{"*.wild.example.org. 300 A 192.0.2.77"});
  EXPECT_EQ(ask("x.wild.example.org.", RrType::Txt).authority(), example_soa);
  EXPECT_EQ(ask("x.sub.wild.example.org.").message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(ask("sub.wild.example.org.").message.rcode(), Rcode::NoError);
}

TEST_F(Answers, AWildcardCnameIsFollowed) {
  EXPECT_EQ(ask("any.wcname.example.org.").answer(),
            (Lines{"any.wcname.example.org. 300 CNAME www.example.org.",
                   "www.example.org. 300 A 192.0.2.1", "www.example.org. 300 A 192.0.2.2"}));
  EXPECT_EQ(ask("any.wcname.example.org.", RrType::Cname).answer(),
            Lines{"any.wcname.example.org. 300 CNAME www.example.org."});
  EXPECT_EQ(ask("x.wself.example.org.").answer(),
            (Lines{"x.wself.example.org. 300 CNAME a.wself.example.org.",
                   "a.wself.example.org. 300 CNAME a.wself.example.org."}));
}

TEST_F(Answers, ACutIsAReferralWithGlue) {
  for (const char* name :
       {"cut.example.org.", "host.cut.example.org.", "hidden.cut.example.org."}) {
    const Asked asked = ask(name);
    EXPECT_EQ(asked.message.rcode(), Rcode::NoError) << name;
    EXPECT_FALSE(asked.flag(dns::flag_aa)) << name;
    EXPECT_EQ(asked.answer(), Lines{}) << name;
    EXPECT_EQ(asked.authority(), (Lines{"cut.example.org. 300 NS ns.cut.example.org.",
                                        "cut.example.org. 300 NS ns.other.example.org.",
                                        "cut.example.org. 300 NS ns1.example.org."}))
        << name;
    EXPECT_EQ(
        asked.additional(),
        (Lines{"ns.cut.example.org. 300 A 192.0.2.67", "ns.other.example.org. 300 A 192.0.2.69",
               "ns1.example.org. 300 A 192.0.2.53", "ns1.example.org. 300 AAAA 2001:db8::53"}))
        << name;
  }
}

TEST_F(Answers, NsAndAnyAtACutAreReferralsToo) {
  for (const RrType type : {RrType::Ns, RrType::Any}) {
    const Asked asked = ask("cut.example.org.", type);
    EXPECT_EQ(asked.answer(), Lines{});
    EXPECT_EQ(asked.message.authority.size(), 3u);
    EXPECT_FALSE(asked.flag(dns::flag_aa));
  }
}

TEST_F(Answers, AChainIntoACutKeepsAa) {
  const Asked asked = ask("tocut.example.org.");
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.answer(), Lines{"tocut.example.org. 300 CNAME host.cut.example.org."});
  EXPECT_EQ(asked.message.authority.size(), 3u);
}

TEST_F(Answers, DsIsAnsweredOnTheParentSide) {
  EXPECT_EQ(ask("other.example.org.", RrType::Ds).message.answer.size(), 1u);
  const Asked none = ask("cut.example.org.", RrType::Ds);
  EXPECT_EQ(none.authority(), example_soa);
  EXPECT_TRUE(none.flag(dns::flag_aa));
  // Below a cut DS is a referral like anything else.
  EXPECT_FALSE(ask("x.cut.example.org.", RrType::Ds).flag(dns::flag_aa));

  world.zone("$ORIGIN other.example.org.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.example.org.\n");
  EXPECT_EQ(ask("other.example.org.", RrType::Ds).message.answer.size(), 1u);
  EXPECT_EQ(ask("other.example.org.", RrType::Soa).message.answer.size(), 1u);
  // No hosted parent: the child answers with its own SOA.
  EXPECT_EQ(ask("example.org.", RrType::Ds).authority(), example_soa);
}

TEST_F(Answers, DsOfAHostedZoneThatItsParentDoesNotDelegateIsNotNxDomain) {
  world.zone("$ORIGIN lost.example.org.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n");
  const Asked asked = ask("lost.example.org.", RrType::Ds);
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_EQ(asked.authority(), example_soa);
  EXPECT_EQ(ask("missing.example.org.", RrType::Ds).message.rcode(), Rcode::NxDomain);
}

TEST_F(Answers, ADnameRedirectsWhatIsBelowIt) {
  EXPECT_EQ(
      ask("x.into.example.org.").answer(),
      (Lines{"into.example.org. 300 DNAME example.net.",
             "x.into.example.org. 300 CNAME x.example.net.", "x.example.net. 300 A 198.51.100.1"}));
  EXPECT_EQ(ask("x.into.example.org.", RrType::Cname).answer(),
            (Lines{"into.example.org. 300 DNAME example.net.",
                   "x.into.example.org. 300 CNAME x.example.net."}));
  EXPECT_EQ(ask("a.down.example.org.").answer(),
            (Lines{"down.example.org. 300 DNAME ent.example.org.",
                   "a.down.example.org. 300 CNAME a.ent.example.org.",
                   "a.ent.example.org. 300 A 192.0.2.9"}));
}

TEST_F(Answers, ADnameOwnerItselfIsNotRedirected) {
  EXPECT_EQ(ask("moved.example.org.").answer(), Lines{"moved.example.org. 300 A 192.0.2.70"});
  EXPECT_EQ(ask("moved.example.org.", RrType::Dname).message.answer.size(), 1u);
}

TEST_F(Answers, ADnameThatMakesTheNameTooLongIsYxDomain) {
  const std::string label(60, 'l');
  world.zone("$ORIGIN grow.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\nd 60 DNAME " +
             label + "." + label + "." + label + ".grow.test.\n");
  // 61 + 194 octets are a name, 62 + 194 are none.
  const Question longest{.name = label + ".d.grow.test.", .payload = 1232};
  EXPECT_EQ(ask(longest).message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(ask(longest).message.answer.size(), 2u);
  const Asked asked = ask(label + "l.d.grow.test.");
  EXPECT_EQ(asked.message.rcode(), Rcode::YxDomain);
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  ASSERT_EQ(asked.message.answer.size(), 1u);
  EXPECT_EQ(asked.message.answer[0].type, RrType::Dname);
}

TEST_F(Answers, ADnameThatGrowsIsBounded) {
  world.zone(
      "$ORIGIN d.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\nd 60 DNAME x.d.d.test.\n");
  const Asked asked = ask("q.d.d.test.");
  EXPECT_EQ(asked.message.answer.size(), 1 + aliases_max + 1);
}

TEST_F(Answers, ADnameThatIsAskedForAfterItRedirectedStandsOnce) {
  world.zone(
      "$ORIGIN d.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n"
      "d 60 DNAME t.d.test.\nx.t 60 CNAME d\n");
  EXPECT_EQ(ask("x.d.d.test.", RrType::Dname).answer(),
            (Lines{"d.d.test. 60 DNAME t.d.test.", "x.d.d.test. 60 CNAME x.t.d.test.",
                   "x.t.d.test. 60 CNAME d.d.test."}));
  EXPECT_EQ(ask("x.t.d.test.", RrType::Dname).message.answer.size(), 2u);
}

TEST_F(Answers, AnyIsMinimalOnUdpAndWholeOnTcp) {
  EXPECT_EQ(ask("multi.example.org.", RrType::Any).answer(),
            Lines{"multi.example.org. 300 A 192.0.2.80"});
  EXPECT_EQ(ask("alias.example.org.", RrType::Any).answer(),
            Lines{"alias.example.org. 300 CNAME www.example.org."});
  EXPECT_EQ(ask("ent.example.org.", RrType::Any).authority(), example_soa);
  EXPECT_EQ(ask("nope.example.org.", RrType::Any).message.rcode(), Rcode::NxDomain);
  const Asked tcp =
      ask(Question{.name = "multi.example.org.", .type = RrType::Any}, Transport::Tcp);
  EXPECT_EQ(tcp.message.answer.size(), 3u);
  EXPECT_EQ(ask("x.into.example.org.", RrType::Any).message.answer.size(), 2u);
}

TEST_F(Answers, EveryTypeThatIsNotThereIsNodata) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto type = static_cast<RrType>(code);
    if (code >= 128 && code <= 255) continue;
    if (code == 41 || code == 1 || code == 16) continue;
    const Asked asked = ask("www.example.org.", type);
    ASSERT_EQ(asked.message.rcode(), Rcode::NoError) << code;
    ASSERT_EQ(asked.message.answer.size(), 0u) << code;
    ASSERT_EQ(asked.message.authority.size(), 1u) << code;
  }
}

}  // namespace
}  // namespace tidemark::edge
