// Wildcards, aliases and cuts where they meet: the corners that other servers got wrong.
#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using dns::Rcode;
using dns::RrType;
using support::Question;

constexpr std::string_view head =
    "\n$TTL 60\n@ SOA ns.else.test. a 1 2 3 4 5\n@ NS ns.else.test.\n";

class Algorithm : public Answers {
 protected:
  void zone(const std::string& origin, std::string_view records) {
    world.zone("$ORIGIN " + origin + std::string(head) + std::string(records));
  }
  Lines soa(const std::string& origin) {
    return {origin + " 5 SOA ns.else.test. a." + origin + " 1 2 3 4 5"};
  }
};

// RFC 4592 section 2.2.2, 3.3.

TEST_F(Algorithm, AWildcardBelowWhichSomethingStandsIsAnEmptyNonTerminal) {
  zone("w.test.", "a.*.ent A 192.0.2.1\n");
  const Asked asked = ask("x.ent.w.test.");
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError) << "*.ent exists, without data";
  EXPECT_EQ(asked.authority(), soa("w.test."));
  EXPECT_EQ(ask("a.*.ent.w.test.").message.answer.size(), 1u) << "an inner * is a label";
  EXPECT_EQ(ask("a.x.ent.w.test.").message.rcode(), Rcode::NoError) << "*.ent again";
}

TEST_F(Algorithm, NothingIsSynthesisedBelowALiteralWildcard) {
  zone("w.test.", "*.wild A 192.0.2.1\n");
  EXPECT_EQ(ask("*.wild.w.test.").message.answer.size(), 1u);
  EXPECT_EQ(ask("x.*.wild.w.test.").message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(ask("wild.w.test.").authority(), soa("w.test.")) << "the wildcard makes its parent";
  EXPECT_EQ(ask("wild.w.test.").message.rcode(), Rcode::NoError);
}

TEST_F(Algorithm, AnEmptyNonTerminalBlocksTheWildcard) {
  zone("w.test.", "* A 192.0.2.1\nb.ent A 192.0.2.2\n");
  EXPECT_EQ(ask("x.y.z.w.test.").message.answer.size(), 1u);
  EXPECT_EQ(ask("x.ent.w.test.").message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(ask("ent.w.test.").authority(), soa("w.test."));
  EXPECT_EQ(ask("x.b.ent.w.test.").message.rcode(), Rcode::NxDomain);
}

TEST_F(Algorithm, AStarInRdataIsAnOrdinaryLabel) {
  zone("w.test.", "*.wild TXT \"any\"\nalias CNAME *.wild\nother CNAME *.nope\n");
  EXPECT_EQ(ask("alias.w.test.", RrType::Txt).answer(),
            (Lines{"alias.w.test. 60 CNAME *.wild.w.test.", "*.wild.w.test. 60 TXT \"any\""}));
  EXPECT_EQ(ask("other.w.test.").message.rcode(), Rcode::NxDomain);
}

TEST_F(Algorithm, AWildcardDoesNotReachIntoACutOrBelowADname) {
  zone("w.test.", "* A 192.0.2.1\ncut NS ns.else.test.\nmoved DNAME else.test.\n");
  EXPECT_EQ(ask("x.cut.w.test.").message.answer.size(), 0u);
  EXPECT_FALSE(ask("x.cut.w.test.").flag(dns::flag_aa));
  EXPECT_EQ(ask("x.moved.w.test.").answer(),
            (Lines{"moved.w.test. 60 DNAME else.test.", "x.moved.w.test. 60 CNAME x.else.test."}));
}

// RFC 6672.

TEST_F(Algorithm, ADnameWhoseTargetIsBelowADnameWorks) {
  zone("d.test.", "one DNAME x.two\ntwo DNAME three\nhost.x.three A 192.0.2.1\n");
  EXPECT_EQ(
      ask("host.one.d.test.").answer(),
      (Lines{"one.d.test. 60 DNAME x.two.d.test.", "host.one.d.test. 60 CNAME host.x.two.d.test.",
             "two.d.test. 60 DNAME three.d.test.",
             "host.x.two.d.test. 60 CNAME host.x.three.d.test.",
             "host.x.three.d.test. 60 A 192.0.2.1"}));
}

TEST_F(Algorithm, AnApexMayOwnADname) {
  zone("d.test.", "@ DNAME example.org.\n@ A 192.0.2.7\n");
  EXPECT_EQ(ask("d.test.").answer(), Lines{"d.test. 60 A 192.0.2.7"});
  EXPECT_EQ(ask("alias.d.test.").answer(),
            (Lines{"d.test. 60 DNAME example.org.", "alias.d.test. 60 CNAME alias.example.org.",
                   "alias.example.org. 300 CNAME www.example.org.",
                   "www.example.org. 300 A 192.0.2.1", "www.example.org. 300 A 192.0.2.2"}));
  EXPECT_EQ(ask("d.test.", RrType::Soa).message.answer.size(), 1u);
}

TEST_F(Algorithm, TheUpperOfTwoCutsOrDnamesWins) {
  zone("d.test.",
       "cut NS ns.else.test.\nlow.cut NS ns.else.test.\nalso.cut DNAME example.org.\n"
       "up DNAME example.org.\nlow.up NS ns.else.test.\n");
  EXPECT_EQ(ask("x.low.cut.d.test.").authority(), Lines{"cut.d.test. 60 NS ns.else.test."});
  EXPECT_EQ(ask("x.also.cut.d.test.").authority(), Lines{"cut.d.test. 60 NS ns.else.test."});
  EXPECT_EQ(ask("www.up.d.test.").message.answer.size(), 4u);
  const Asked below = ask("x.low.up.d.test.");
  ASSERT_GE(below.message.answer.size(), 1u);
  EXPECT_EQ(below.message.answer[0].type, RrType::Dname);
}

TEST_F(Algorithm, ADnameThatIsPassedTwiceStandsInTheAnswerOnce) {
  zone("d.test.", "d DNAME x.d\n");
  std::size_t dnames = 0;
  const Asked asked = ask("q.d.d.test.");
  for (const auto& record : asked.message.answer) dnames += record.type == RrType::Dname ? 1 : 0;
  EXPECT_EQ(dnames, 1u);
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
}

// RFC 1034 section 4.3.2, 2181, 6604: chains from zone to zone.

TEST_F(Algorithm, AnAliasIsFollowedIntoEveryHostedZone) {
  zone("from.test.", "host CNAME www.child.to.test.\ngone CNAME no.child.to.test.\n");
  zone("to.test.", "child NS ns.else.test.\n");
  zone("child.to.test.", "www A 192.0.2.1\n");
  EXPECT_EQ(ask("host.from.test.").answer(), (Lines{"host.from.test. 60 CNAME www.child.to.test.",
                                                    "www.child.to.test. 60 A 192.0.2.1"}))
      << "the child's data, not its parent's referral";
  const Asked gone = ask("gone.from.test.");
  EXPECT_EQ(gone.message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(gone.authority(), soa("child.to.test.")) << "of the zone where the chain ended";
  EXPECT_TRUE(gone.flag(dns::flag_aa));
}

TEST_F(Algorithm, ALoopAcrossZonesEnds) {
  zone("one.test.", "a CNAME a.two.test.\n");
  zone("two.test.", "a CNAME a.one.test.\n");
  const Asked asked = ask("a.one.test.");
  EXPECT_EQ(asked.answer(),
            (Lines{"a.one.test. 60 CNAME a.two.test.", "a.two.test. 60 CNAME a.one.test."}));
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
}

TEST_F(Algorithm, AHostedChildHidesWhatItsParentHoldsBelow) {
  zone("p.test.", "sub NS ns.sub\nns.sub A 192.0.2.1\nold.sub A 192.0.2.2\n");
  EXPECT_FALSE(ask("old.sub.p.test.").flag(dns::flag_aa));
  EXPECT_EQ(ask("old.sub.p.test.").message.answer.size(), 0u);
  zone("sub.p.test.", "new A 192.0.2.3\n");
  EXPECT_EQ(ask("old.sub.p.test.").message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(ask("new.sub.p.test.").message.answer.size(), 1u);
  EXPECT_TRUE(ask("sub.p.test.", RrType::Ns).flag(dns::flag_aa));
  EXPECT_EQ(ask("sub.p.test.", RrType::Ds).authority(), soa("p.test.")) << "the parent's side";
}

TEST_F(Algorithm, EveryTypeButDsAtACutIsAReferral) {
  zone("p.test.", "sub NS ns.else.test.\nsub A 192.0.2.9\nsub TXT \"hidden\"\n");
  for (const RrType type : {RrType::A, RrType::Txt, RrType::Ns, RrType::Soa, RrType::Any}) {
    const Asked asked = ask("sub.p.test.", type);
    EXPECT_EQ(asked.answer(), Lines{}) << dns::to_text(type);
    EXPECT_EQ(asked.authority(), Lines{"sub.p.test. 60 NS ns.else.test."}) << dns::to_text(type);
    EXPECT_FALSE(asked.flag(dns::flag_aa));
  }
}

// The root is a zone like any other where it is hosted; nothing is outside then.
TEST_F(Algorithm, TheRootMayBeHosted) {
  world.zone(
      "$ORIGIN .\n$TTL 60\n@ SOA a.nic. b.nic. 1 2 3 4 5\n@ NS a.nic.\na.nic. A 192.0.2.1\n"
      "test. NS ns.test.\nns.test. A 192.0.2.2\n");
  EXPECT_EQ(ask(".", RrType::Ns).answer(), Lines{". 60 NS a.nic."});
  EXPECT_EQ(ask(".", RrType::Ns).additional(), Lines{"a.nic. 60 A 192.0.2.1"});
  EXPECT_EQ(ask("x.y.test.").authority(), Lines{"test. 60 NS ns.test."});
  EXPECT_EQ(ask("x.y.test.").additional(), Lines{"ns.test. 60 A 192.0.2.2"});
  EXPECT_EQ(ask("nowhere.").message.rcode(), Rcode::NxDomain);
  EXPECT_EQ(ask("nowhere.").authority(), Lines{". 5 SOA a.nic. b.nic. 1 2 3 4 5"});
  EXPECT_EQ(ask(".", RrType::Ds).authority().size(), 1u) << "no parent: NODATA";
  EXPECT_EQ(ask("www.example.org.").message.answer.size(), 2u) << "the deepest zone answers";
  EXPECT_EQ(ask("example.org.", RrType::Ds).authority(), Lines{". 5 SOA a.nic. b.nic. 1 2 3 4 5"})
      << "the parent's side";
}

}  // namespace
}  // namespace tidemark::edge
