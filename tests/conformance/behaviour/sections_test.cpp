// What stands in which section, which addresses come along, and what is compressed.
#include "core/dns/rdata.hpp"
#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::RrType;
using support::Question;

constexpr std::string_view head =
    "\n$TTL 60\n@ SOA ns.else.test. a 1 2 3 4 5\n@ NS ns.else.test.\n";

class Sections : public Answers {
 protected:
  void zone(const std::string& origin, std::string_view records) {
    world.zone("$ORIGIN " + origin + std::string(head) + std::string(records));
  }
};

// RFC 9471 section 3.

TEST_F(Sections, TheCutsOwnNameMayBeItsServer) {
  zone("g.test.", "x NS x\nx A 192.0.2.1\nx AAAA 2001:db8::1\n");
  EXPECT_EQ(ask("www.x.g.test.").additional(),
            (Lines{"x.g.test. 60 A 192.0.2.1", "x.g.test. 60 AAAA 2001:db8::1"}));
}

TEST_F(Sections, GlueComesFromTheSameZoneAtExactlyThatName) {
  zone("g.test.",
       "a NS ns.wild\n*.wild A 192.0.2.1\n"                // a wildcard
       "b NS alias\nalias CNAME host\nhost A 192.0.2.2\n"  // an alias
       "c NS www.example.org.\n"                           // another hosted zone
       "d NS ns.below.d\nd A 192.0.2.4\n"                  // none
       "e NS host\n");                                     // authoritative data of this zone
  for (const char* name : {"x.a.g.test.", "x.b.g.test.", "x.c.g.test.", "x.d.g.test."}) {
    const Asked asked = ask(name);
    EXPECT_EQ(asked.additional(), Lines{}) << name;
    EXPECT_EQ(asked.message.authority.size(), 1u) << name;
    EXPECT_FALSE(asked.flag(dns::flag_tc)) << name;
  }
  EXPECT_EQ(ask("x.e.g.test.").additional(), Lines{"host.g.test. 60 A 192.0.2.2"});
}

TEST_F(Sections, NothingComesAlongThatWasNotAskedFor) {
  zone("s.test.",
       "mx MX 10 host\nsrv SRV 1 2 3 host\nsvcb SVCB 1 host\nptr PTR host\n"
       "naptr NAPTR 1 1 \"u\" \"x\" \"\" host\nhost A 192.0.2.1\n");
  for (const auto& [name, type] : {std::pair("mx", RrType::Mx),
                                   {"srv", RrType::Srv},
                                   {"svcb", RrType::Svcb},
                                   {"ptr", RrType::Ptr},
                                   {"naptr", RrType::Naptr}}) {
    const Asked asked = ask(std::string(name) + ".s.test.", type);
    EXPECT_EQ(asked.message.answer.size(), 1u) << name;
    EXPECT_EQ(asked.authority(), Lines{}) << name;
    EXPECT_EQ(asked.additional(), Lines{}) << name;
  }
}

// RFC 3597 section 4: only names of the types of RFC 1035 may be compressed when sent.
TEST_F(Sections, RdataOfTypesThatAreNotOfRfc1035IsSentAsItIsStored) {
  const std::pair<RrType, const char*> whole[] = {
      {RrType::Srv, "1 2 3 www.u.test."},
      {RrType::Dname, "www.u.test."},
      {RrType::Rp, "www.u.test. www.u.test."},
      {RrType::Afsdb, "1 www.u.test."},
      {RrType::Rt, "1 www.u.test."},
      {RrType::Kx, "1 www.u.test."},
      {RrType::Naptr, "1 2 \"u\" \"x\" \"\" www.u.test."},
      {RrType::Svcb, "1 WWW.u.test. port=443"},
      {RrType::Https, "0 www.U.test."},
      {static_cast<RrType>(65280), "\\# 12 035757570175047465737400"},
  };
  std::string records;
  for (const auto& [type, text] : whole) {
    records += "t" + std::to_string(static_cast<unsigned>(type)) + " " + dns::to_text(type) + " " +
               text + "\n";
  }
  zone("u.test.", records);
  for (const auto& [type, text] : whole) {
    const std::string name = "t" + std::to_string(static_cast<unsigned>(type)) + ".u.test.";
    const Asked asked = ask(name, type);
    ASSERT_EQ(asked.message.answer.size(), 1u) << dns::to_text(type);
    const auto node =
        world.dataset().enclosing_zone(*dns::Name::parse(name))->find(*dns::Name::parse(name));
    const auto stored = node->find(type)->first_rdata();
    const auto sent = base::ByteView(asked.wire).last(stored.size());
    EXPECT_TRUE(std::ranges::equal(sent, stored)) << dns::to_text(type);
  }
}

// The letters of what is opaque, and of the targets that RFC 6840 and 9460 keep, are kept.
TEST_F(Sections, LettersAreKeptWhereTheTypeSaysSo) {
  zone("u.test.", "h HTTPS 1 WwW.u.test.\no TYPE65280 \\# 3 414243\nm MX 1 WwW.U.test.\n");
  EXPECT_EQ(ask("h.u.test.", RrType::Https).answer(), Lines{"h.u.test. 60 HTTPS 1 WwW.u.test."});
  EXPECT_EQ(ask("o.u.test.", static_cast<RrType>(65280)).answer(),
            Lines{"o.u.test. 60 TYPE65280 \\# 3 414243"});
  EXPECT_EQ(ask("m.u.test.", RrType::Mx).answer(), Lines{"m.u.test. 60 MX 1 www.u.test."});
}

// RFC 1035 section 4.1.4: pointers lead back, to where 14 bits reach.
TEST_F(Sections, PointersLeadBackAndReachNoFurtherThan14Bits) {
  std::string records;
  for (int i = 0; i < 100; ++i) {
    records += "cut NS a-rather-long-name-of-a-server-" + std::to_string(i) +
               std::string(150, 'x').insert(20, ".").insert(80, ".").insert(140, ".") + ".cut\n";
  }
  zone("p.test.", records);
  const Asked asked = ask(Question{.name = "x.cut.p.test."}, Transport::Tcp);
  ASSERT_EQ(asked.message.authority.size(), 100u);
  EXPECT_GT(asked.wire.size(), 0x3fffu) << "names behind the reach of a pointer";
  for (std::size_t at = 12; at + 1 < asked.wire.size(); ++at) {
    if (asked.wire[at] < 0xc0) continue;  // no other octet of this message is that large
    EXPECT_LT(static_cast<std::size_t>(base::load_u16(&asked.wire[at]) & 0x3fff), at);
    ++at;
  }
}

// RFC 2181 section 5: an RRset has one TTL, and goes out with the one that it was given.
TEST_F(Sections, TtlsAreTheStoredOnes) {
  zone("t.test.", "zero 0 A 192.0.2.1\nmost 2147483647 A 192.0.2.1\nsome 1234 A 192.0.2.1\n");
  EXPECT_EQ(ask("zero.t.test.").message.answer[0].ttl, 0u);
  EXPECT_EQ(ask("most.t.test.").message.answer[0].ttl, 0x7fffffffu);
  EXPECT_EQ(ask("some.t.test.").message.answer[0].ttl, 1234u);
}

// RFC 9660 section 2: also with SERVFAIL, so that a broken answer can be told from an old one.
TEST_F(Sections, ServFailOfAHostedZoneTellsItsVersion) {
  std::string records = "pool TYPE65400 \\# 3 776562\n";
  for (const char* type : {"TYPE1000", "TYPE1001", "TYPE1002"}) {
    for (int i = 10; i < 90; ++i) {
      records += std::string("large ") + type + " \\# 401 " + std::to_string(i);
      for (int j = 0; j < 400; ++j) records += "ab";
      records += "\n";
    }
  }
  event::Pool web{.name = "web", .endpoints = {}, .check = {}};
  web.endpoints = {support::endpoint_v4("a", {10, 0, 0, 1})};
  web.all_down = event::AllDown::ServFail;
  web.floor = 0;
  world.pool(web);
  zone("v.test.", records);
  world.down("web", "a");
  const Bytes version = {2, 0, 0, 0, 0, 1};  // two labels, SOA-SERIAL 1
  Question question{.name = "pool.v.test.", .payload = 1232, .options = {{19, {}}}};
  const Asked down = ask(question);
  EXPECT_EQ(down.message.rcode(), dns::Rcode::ServFail);
  EXPECT_EQ(support::option_of(down.message, 19), version);
  question.name = "large.v.test.";
  question.type = RrType::Any;
  const Asked large = ask(question, Transport::Tcp);
  EXPECT_EQ(large.message.rcode(), dns::Rcode::ServFail);
  EXPECT_FALSE(large.flag(dns::flag_tc));
  EXPECT_EQ(support::option_of(large.message, 19), version);
}

// RFC 8482: ties of size are broken by type number, so that all nodes choose alike.
TEST_F(Sections, AnyChoosesTheSmallestRrsetAndThenTheSmallestType) {
  zone("y.test.",
       "tie TXT abc\ntie A 192.0.2.1\nsmall A 192.0.2.1\nsmall TXT a\n"
       "hinfo A 192.0.2.1\nhinfo HINFO a b\n");
  EXPECT_EQ(ask("tie.y.test.", RrType::Any).message.answer[0].type, RrType::A);
  EXPECT_EQ(ask("small.y.test.", RrType::Any).message.answer[0].type, RrType::Txt);
  const Asked tcp = ask(Question{.name = "hinfo.y.test.", .type = RrType::Any}, Transport::Tcp);
  EXPECT_EQ(tcp.message.answer.size(), 2u) << "a real HINFO is not masked";
}

}  // namespace
}  // namespace tidemark::edge
