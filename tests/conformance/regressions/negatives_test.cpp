// D8: other systems said NXDOMAIN for NODATA, and left the SOA out of negative answers.
//
// A resolver keeps a negative answer for as long as its SOA says (RFC 2308 section 5): here is one
// that does nothing else. The matrix of rcodes by kind of name and type is the sweep's (d11).
#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using dns::Rcode;
using dns::RrType;

struct Negative {
  std::string name;
  RrType type;
  Rcode rcode;
};

const std::vector<Negative> negatives = {
    {"no.n.test.", RrType::A, Rcode::NxDomain},
    {"a.b.no.n.test.", RrType::Any, Rcode::NxDomain},
    {"below.www.n.test.", RrType::A, Rcode::NxDomain},
    {"below.sub.wild.n.test.", RrType::A, Rcode::NxDomain},  // the closer encloser blocks *.wild
    {"dangling.n.test.", RrType::A, Rcode::NxDomain},        // the rcode of the last name
    {"n.test.", RrType::A, Rcode::NoError},
    {"www.n.test.", RrType::Aaaa, Rcode::NoError},
    {"www.n.test.", static_cast<RrType>(1000), Rcode::NoError},
    {"ent.n.test.", RrType::A, Rcode::NoError},
    {"ent.n.test.", RrType::Any, Rcode::NoError},
    {"x.y.wild.n.test.", RrType::Txt, Rcode::NoError},
    {"sub.wild.n.test.", RrType::A, Rcode::NoError},
    {"alias.n.test.", RrType::Txt, Rcode::NoError},
    {"cut.n.test.", RrType::Ds, Rcode::NoError},
    {"n.test.", RrType::Ds, Rcode::NoError},
};

std::string zone_with(std::uint32_t soa_ttl, std::uint32_t minimum) {
  return "$ORIGIN n.test.\n$TTL 300\n@ " + std::to_string(soa_ttl) +
         " SOA ns.else.test. a 1 2 3 4 " + std::to_string(minimum) +
         "\n@ NS ns.else.test.\nwww A 192.0.2.1\na.ent A 192.0.2.2\n*.wild A 192.0.2.3\n"
         "sub.wild TXT \"closer\"\nalias CNAME www\ndangling CNAME nowhere\ncut NS ns.else.test.\n";
}

// How long a resolver may answer from its negative cache; nothing if it may not keep it at all.
std::optional<std::uint32_t> kept_for(const dns::Message& message) {
  if (message.authority.size() != 1 || message.authority[0].type != RrType::Soa) return {};
  const auto& soa = message.authority[0];
  return std::min(soa.ttl, base::load_u32(soa.rdata.data() + soa.rdata.size() - 4));
}

using Negatives = Answers;

TEST_F(Negatives, d08_ANegativeAnswerIsKeptForTheSmallerOfSoaTtlAndMinimum) {
  constexpr std::uint32_t times[] = {0, 1, 59, 60, 61, 3600, 604800, 0x7fffffff};
  for (const std::uint32_t soa_ttl : times) {
    for (const std::uint32_t minimum : times) {
      world.zone(zone_with(soa_ttl, minimum));
      for (const auto& [name, type, rcode] : negatives) {
        const Asked asked = ask(name, type);
        EXPECT_EQ(asked.message.rcode(), rcode) << name;
        EXPECT_TRUE(asked.flag(dns::flag_aa)) << name;
        ASSERT_EQ(kept_for(asked.message), std::min(soa_ttl, minimum)) << name;
        // A resolver that looks at the TTL alone must come to the same (RFC 2308 section 3).
        ASSERT_EQ(asked.message.authority[0].ttl, std::min(soa_ttl, minimum)) << name;
        ASSERT_EQ(asked.message.authority[0].owner.to_text(), "n.test.") << name;
      }
    }
  }
}

TEST_F(Negatives, d08_TheSoaThatIsAskedForKeepsItsOwnTtl) {
  world.zone(zone_with(3600, 60));
  EXPECT_EQ(ask("no.n.test.").message.authority[0].ttl, 60u);
  EXPECT_EQ(ask("n.test.", RrType::Soa).message.answer[0].ttl, 3600u) << "the stored one is whole";
}

TEST_F(Negatives, d08_WhatIsNotNegativeHasNoSoa) {
  world.zone(zone_with(3600, 60));
  const std::pair<const char*, RrType> positives[] = {{"www.n.test.", RrType::A},
                                                      {"x.wild.n.test.", RrType::A},
                                                      {"alias.n.test.", RrType::A},
                                                      {"x.cut.n.test.", RrType::A},
                                                      {"else.test.", RrType::A}};
  for (const auto& [name, type] : positives) {
    for (const auto& record : ask(name, type).message.authority) {
      EXPECT_NE(record.type, RrType::Soa) << name;
    }
  }
}

}  // namespace
}  // namespace tidemark::edge
