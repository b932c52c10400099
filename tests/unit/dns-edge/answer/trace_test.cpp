// What a Trace says is what the answer did: one test for each branch of the algorithm.
#include "dns-edge/answer/explain.hpp"
#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using dns::RrType;

class Explained : public Answers {
 protected:
  Explanation why(const std::string& name, RrType type = RrType::A,
                  Transport transport = Transport::Udp) {
    WhyQuestion question{.name = *dns::Name::parse(name), .type = type};
    question.client.transport = transport;
    return why(question);
  }
  Explanation why(const WhyQuestion& question) {
    const Explanation explained = explain(question, world.snapshot(), settings, Moment{});
    EXPECT_EQ(explained.octets == 0, explained.message.empty());
    return explained;
  }
  static Lines kinds(const Explanation& explained) {
    Lines all;
    for (const ExplainedStep& step : explained.steps) all.push_back(step.kind);
    return all;
  }
  static ExplainedStep of_kind(const Explanation& explained, std::string_view kind) {
    for (const ExplainedStep& step : explained.steps) {
      if (step.kind == kind) return step;
    }
    ADD_FAILURE() << "no step " << kind << "\n" << explained.message;
    return {};
  }
};

TEST_F(Explained, AnAnswerNamesZoneNameAndRrset) {
  const Explanation explained = why("www.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "rrset"}));
  EXPECT_EQ(explained.steps[0].at, "example.org.");
  EXPECT_NE(explained.steps[0].text.find("serial 7"), std::string::npos);
  EXPECT_EQ(explained.status, "NOERROR");
  EXPECT_EQ(explained.flags, "qr aa");
  EXPECT_EQ(explained.answer,
            (Lines{"www.example.org. 300 IN A 192.0.2.1", "www.example.org. 300 IN A 192.0.2.2"}));
  EXPECT_EQ(explained.octets_max, 1232u);
  EXPECT_EQ(explained.seq, world.dataset().version().seq.value());
}

TEST_F(Explained, NoZoneIsRefused) {
  const Explanation explained = why("x.test.");
  EXPECT_EQ(kinds(explained), Lines{"refused"});
  EXPECT_EQ(explained.status, "REFUSED");
  EXPECT_EQ(explained.extended_error, 20);
}

TEST_F(Explained, AReferralNamesTheCutAndItsGlue) {
  const Explanation explained = why("host.cut.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "cut", "referral", "additional"}));
  EXPECT_EQ(explained.steps[1].at, "cut.example.org.");
  EXPECT_EQ(explained.flags, "qr");
  EXPECT_EQ(explained.additional_required, 1u);
  EXPECT_EQ(explained.additional_optional, 3u);
  EXPECT_EQ(explained.additional.size(), 4u);
  EXPECT_EQ(explained.rrsets_left_out, 0u);
}

TEST_F(Explained, AChainIsToldNameByName) {
  const Explanation explained = why("chain.example.org.");
  EXPECT_EQ(kinds(explained),
            (Lines{"zone", "name", "alias", "zone", "name", "alias", "zone", "name", "rrset"}));
  EXPECT_EQ(explained.steps[6].name, "www.example.org.");
  EXPECT_EQ(explained.steps[2].text, "CNAME to alias.example.org.");
}

TEST_F(Explained, AChainThatLeavesAllZonesStops) {
  const Explanation explained = why("outside.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "alias", "stop"}));
  EXPECT_EQ(explained.steps.back().name, "www.elsewhere.test.");
}

TEST_F(Explained, ALoopStopsAndSaysSo) {
  const Explanation explained = why("loop1.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "alias", "zone", "name", "alias", "stop"}));
  EXPECT_NE(explained.steps.back().text.find("loop"), std::string::npos);
  EXPECT_EQ(explained.answer.size(), 2u);
}

TEST_F(Explained, ALongChainStopsAtTheLimit) {
  std::string text = "$ORIGIN l.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS a\n";
  for (int i = 0; i < 20; ++i) {
    text += "c" + std::to_string(i) + " CNAME c" + std::to_string(i + 1) + "\n";
  }
  world.zone(text);
  const Explanation explained = why("c0.l.test.");
  EXPECT_EQ(explained.answer.size(), aliases_max + 1);
  EXPECT_EQ(explained.steps.back().kind, "stop");
  EXPECT_EQ(explained.steps.back().name, "c8.l.test.");
  EXPECT_NE(explained.steps.back().text.find("8 aliases"), std::string::npos);
}

TEST_F(Explained, ADnameIsFollowed) {
  const Explanation explained = why("a.down.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "dname", "synthesis", "zone", "name", "rrset"}));
  EXPECT_EQ(explained.steps[1].at, "down.example.org.");
  EXPECT_NE(explained.steps[2].text.find("to a.ent.example.org."), std::string::npos);
  EXPECT_EQ(explained.answer.size(), 3u);
}

TEST_F(Explained, TheCnameOfADnameMayBeAskedFor) {
  const Explanation explained = why("a.down.example.org.", RrType::Cname);
  EXPECT_EQ(kinds(explained), (Lines{"zone", "dname", "synthesis", "stop"}));
  EXPECT_EQ(explained.answer.size(), 2u);
}

TEST_F(Explained, ADnameThatMakesTooLongANameIsYxdomain) {
  const std::string label(60, 'x');
  world.zone("$ORIGIN y.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS a\nd DNAME " + label + "." +
             label + ".test.\n");
  const Explanation explained = why(label + "." + label + "." + label + ".d.y.test.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "dname", "yxdomain"}));
  EXPECT_EQ(explained.status, "YXDOMAIN");
  EXPECT_EQ(explained.answer.size(), 1u);
}

TEST_F(Explained, AWildcardNamesTheClosestEncloser) {
  const Explanation explained = why("x.y.wild.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "wildcard", "rrset"}));
  EXPECT_EQ(explained.steps[1].at, "*.wild.example.org.");
  EXPECT_NE(explained.steps[1].text.find("closest encloser is wild.example.org."),
            std::string::npos);
}

TEST_F(Explained, AnEmptyNonTerminalIsNodata) {
  const Explanation explained = why("ent.example.org.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "ent", "nodata"}));
  EXPECT_EQ(explained.status, "NOERROR");
  EXPECT_EQ(explained.negative_ttl, 60u);
  EXPECT_EQ(explained.authority.size(), 1u);
}

TEST_F(Explained, NodataAndNxdomainTellHowLongTheyAreKept) {
  const Explanation nodata = why("www.example.org.", RrType::Mx);
  EXPECT_EQ(kinds(nodata), (Lines{"zone", "name", "nodata"}));
  EXPECT_EQ(nodata.negative_ttl, 60u);
  const Explanation missing = why("a.b.nowhere.example.org.");
  EXPECT_EQ(kinds(missing), (Lines{"zone", "missing", "nxdomain"}));
  EXPECT_EQ(missing.steps[1].at, "example.org.");
  EXPECT_EQ(missing.status, "NXDOMAIN");
  EXPECT_EQ(missing.negative_ttl, 60u);
  const Explanation dangling = why("dangling.example.org.");
  EXPECT_EQ(kinds(dangling), (Lines{"zone", "name", "alias", "zone", "missing", "nxdomain"}));
}

TEST_F(Explained, AnyTellsWhatItLeftOut) {
  const Explanation udp = why("multi.example.org.", RrType::Any);
  EXPECT_NE(of_kind(udp, "rrset").text.find("smallest"), std::string::npos);
  EXPECT_EQ(udp.answer.size(), 1u);
  const Explanation tcp = why("multi.example.org.", RrType::Any, Transport::Tcp);
  EXPECT_NE(of_kind(tcp, "rrset").text.find("A, MX, TXT"), std::string::npos);
  EXPECT_EQ(tcp.answer.size(), 3u);
  EXPECT_EQ(tcp.octets_max, dns::message_octets_max);
}

TEST_F(Explained, DsIsAnsweredByTheParentsSide) {
  const Explanation at_cut = why("other.example.org.", RrType::Ds);
  EXPECT_EQ(kinds(at_cut), (Lines{"zone", "cut", "rrset"}));
  world.zone("$ORIGIN other.example.org.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n");
  const Explanation hosted = why("other.example.org.", RrType::Ds);
  EXPECT_EQ(kinds(hosted), (Lines{"zone", "cut", "rrset"}));
  EXPECT_EQ(hosted.steps[0].at, "example.org.");
  EXPECT_NE(hosted.steps[0].text.find("parent"), std::string::npos);
}

TEST_F(Explained, ATruncatedAnswerSaysWhatItIsMoreThan) {
  std::string text = "$ORIGIN t.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS a\n";
  for (int i = 0; i < 40; ++i)
    text += "big TXT \"" + std::to_string(i) + std::string(60, 'x') + "\"\n";
  world.zone(text);
  const Explanation explained = why("big.t.test.", RrType::Txt);
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "rrset", "truncated"}));
  EXPECT_TRUE(explained.truncated);
  EXPECT_EQ(explained.flags, "qr aa tc");
  EXPECT_EQ(explained.answer, Lines{});
  const WhyQuestion small{
      .name = *dns::Name::parse("big.t.test."), .type = RrType::Txt, .payload_octets = 0};
  EXPECT_EQ(why(small).octets_max, 512u);
  EXPECT_FALSE(why("big.t.test.", RrType::Txt, Transport::Tcp).truncated);
}

TEST_F(Explained, AMetaTypeNeverComesToALookUp) {
  const Explanation explained = why("www.example.org.", RrType::Axfr);
  EXPECT_EQ(kinds(explained), Lines{"error"});
  EXPECT_EQ(explained.status, "REFUSED");
  EXPECT_FALSE(explainable_type("AXFR").has_value());
  EXPECT_FALSE(explainable_type("NOTYPE").has_value());
  EXPECT_EQ(explainable_type("any"), RrType::Any);
  EXPECT_EQ(explainable_type("TYPE65280"), RrType(65280));
}

TEST_F(Explained, TheDoBitIsAskedAndCopied) {
  WhyQuestion question{.name = *dns::Name::parse("www.example.org."), .dnssec = true};
  EXPECT_NE(why(question).message.find("flags do"), std::string::npos);
  question.dnssec = false;
  EXPECT_EQ(why(question).message.find("flags do"), std::string::npos);
}

TEST_F(Explained, AStaleSnapshotSaysSoAndAnExpiredZoneIsRefused) {
  const WhyQuestion question{.name = *dns::Name::parse("www.example.org.")};
  const Moment late{.stale_seconds = 5000};
  const Explanation stale = explain(question, world.snapshot(), settings, late);
  EXPECT_EQ(kinds(stale), (Lines{"zone", "name", "rrset", "stale"}));
  EXPECT_EQ(stale.extended_error, 3);

  dataset::ZoneSettings expiring;
  expiring.expire_seconds = 3600;
  world.settings("example.org.", expiring);
  const Explanation expired = explain(question, world.snapshot(), settings, late);
  EXPECT_EQ(kinds(expired), (Lines{"zone", "name", "expired"}));
  EXPECT_EQ(expired.status, "REFUSED");
  EXPECT_EQ(expired.extended_error, 24);
}

class ExplainedPools : public Explained {
 protected:
  ExplainedPools() { put(event::AllDown::AnswerAll); }
  void put(event::AllDown all_down, std::uint8_t floor = 1) {
    event::Pool web{.name = "web", .endpoints = {}, .check = {}};
    web.endpoints = {support::endpoint_v4("a", {10, 0, 0, 1}),
                     support::endpoint_v4("b", {10, 0, 0, 2}),
                     support::endpoint_v4("c", {10, 0, 0, 3})};
    web.endpoints[2].weight = 0;
    web.all_down = all_down;
    web.floor = floor;
    world.pool(web);
    world.zone(
        "$ORIGIN p.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n"
        "web 30 TYPE65400 \\# 3 776562\n");
  }
};

TEST_F(ExplainedPools, AllUpNamesEveryEndpoint) {
  const Explanation explained = why("web.p.test.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "pool", "rrset"}));
  ASSERT_EQ(explained.pools.size(), 1u);
  const ExplainedPool& pool = explained.pools[0];
  EXPECT_EQ(pool.name, "web");
  EXPECT_EQ(pool.choice, "up");
  EXPECT_EQ(pool.all_down, "answer-all");
  EXPECT_EQ(pool.answered, 3u);
  EXPECT_EQ(pool.members, 7u);
  ASSERT_EQ(pool.endpoints.size(), 3u);
  EXPECT_EQ(pool.endpoints[0].address, "10.0.0.1");
  EXPECT_EQ(pool.endpoints[0].rule, "default");
  EXPECT_TRUE(pool.endpoints[1].answered);
  EXPECT_FALSE(pool.endpoints[2].answered) << "weight 0";
  EXPECT_EQ(explained.answer.size(), 2u);
}

TEST_F(ExplainedPools, OneDownSaysByWhichRule) {
  world.down("web", "a");
  const Explanation explained = why("web.p.test.");
  const ExplainedPool& pool = explained.pools.at(0);
  EXPECT_EQ(pool.choice, "up");
  EXPECT_EQ(pool.answered, 2u);
  EXPECT_FALSE(pool.endpoints[0].up);
  EXPECT_EQ(pool.endpoints[0].rule, "quorum");
  EXPECT_EQ(explained.answer, Lines{"web.p.test. 30 IN A 10.0.0.2"});
  EXPECT_EQ(explained.health_position, 0);
}

TEST_F(ExplainedPools, TheFloorIsNamedWhenItAdds) {
  put(event::AllDown::AnswerAll, 2);
  world.down("web", "a");
  EXPECT_EQ(why("web.p.test.").pools.at(0).choice, "floor");
  EXPECT_EQ(why("web.p.test.").answer.size(), 2u);
}

TEST_F(ExplainedPools, AllDownNamesThePolicyThatSpoke) {
  world.down("web", "a").down("web", "b");
  EXPECT_EQ(why("web.p.test.").pools.at(0).choice, "all-down");
  EXPECT_EQ(why("web.p.test.").answer.size(), 2u);
  put(event::AllDown::LastHealthy);
  EXPECT_EQ(why("web.p.test.").pools.at(0).all_down, "last-healthy");
  put(event::AllDown::ServFail);
  const Explanation explained = why("web.p.test.");
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "pool", "servfail"}));
  EXPECT_EQ(explained.pools.at(0).answered, 0u);
  EXPECT_EQ(explained.status, "SERVFAIL");
}

TEST_F(ExplainedPools, AFamilyWithoutMembersIsNodata) {
  const Explanation explained = why("web.p.test.", RrType::Aaaa);
  EXPECT_EQ(kinds(explained), (Lines{"zone", "name", "pool", "nodata"}));
  EXPECT_NE(of_kind(explained, "pool").text.find("no member"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::edge
