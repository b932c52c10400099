#include "core/dns/rrset.hpp"

#include <gtest/gtest.h>

#include "core/base/hash.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {
namespace {

using base::Bytes;
using base::Errc;

Rrset rrset(std::string_view owner, RrType type, std::vector<std::string> texts,
            std::uint32_t ttl = 300) {
  Rrset made{Name::parse(owner).value(), type, Ttl(ttl), {}};
  for (const std::string& text : texts) {
    made.rdata.push_back(rdata_from_text(type, text, Name::root()).value());
  }
  return made;
}
std::string refusal(const Rrset& rrset) {
  const auto sound = check_canonical(rrset);
  return sound ? "accepted" : sound.error().trail;
}

TEST(Rrset, IsSortedAndUniqueOnceCanonical) {
  const Rrset made =
      canonicalize(rrset("www.", RrType::A, {"10.0.0.2", "10.0.0.1", "10.0.0.2"})).value();
  EXPECT_EQ(made.rdata, (std::vector<Bytes>{{10, 0, 0, 1}, {10, 0, 0, 2}}));
  EXPECT_EQ(refusal(made), "accepted");
}

// RFC 4034 section 6.3: as if padded with less than zero.
TEST(Rrset, PutsTheShorterRdataFirst) {
  Rrset made{Name::root(), static_cast<RrType>(700), Ttl(1), {{1, 0}, {1}, {}}};
  made = canonicalize(made).value();
  EXPECT_EQ(made.rdata, (std::vector<Bytes>{{}, {1}, {1, 0}}));
}

TEST(Rrset, LowerCasesNamesInRdataWhenMadeCanonical) {
  Rrset made{Name::root(), RrType::Ns, Ttl(1), {{1, 'A', 0}, {1, 'a', 0}}};
  EXPECT_EQ(refusal(made), "record 1: not in canonical form");
  made = canonicalize(made).value();
  EXPECT_EQ(made.rdata, (std::vector<Bytes>{{1, 'a', 0}}));
}

TEST(Rrset, SaysWhichRecordIsMalformed) {
  const Rrset broken{Name::root(), RrType::A, Ttl(1), {{10, 0, 0, 1}, {10, 0, 0}}};
  EXPECT_EQ(canonicalize(broken).error().trail, "record 2: A: cut short");
  EXPECT_EQ(refusal(broken), "record 2: A: cut short");
}

TEST(Rrset, IsRefusedUnsortedOrWithDuplicates) {
  EXPECT_EQ(refusal(rrset("a.", RrType::A, {"10.0.0.2", "10.0.0.1"})),
            "record 2: not in canonical order, or twice");
  EXPECT_EQ(refusal(rrset("a.", RrType::A, {"10.0.0.1", "10.0.0.1"})),
            "record 2: not in canonical order, or twice");
}

TEST(Rrset, HasOneTo100Records) {
  Rrset made = rrset("a.", RrType::A, {});
  EXPECT_EQ(refusal(made), "no records");
  for (std::uint8_t i = 0; i < 100; ++i) made.rdata.push_back({10, 0, 0, i});
  EXPECT_EQ(refusal(made), "accepted");
  made.rdata.push_back({10, 0, 1, 0});
  EXPECT_EQ(refusal(made), "more than 100 records");
  EXPECT_EQ(check_canonical(made).error().code, Errc::TooLarge);
}

TEST(Rrset, FitsOneMessage) {
  Rrset made = rrset("a.", static_cast<RrType>(700), {});
  made.rdata.push_back(Bytes(rrset_octets_max - 12, 0));
  EXPECT_EQ(refusal(made), "accepted");
  made.rdata.front().push_back(0);
  EXPECT_EQ(refusal(made), "more than 65023 octets");
}

TEST(Rrset, HasATtlBelow2To31) {
  EXPECT_EQ(refusal(rrset("a.", RrType::A, {"10.0.0.1"}, 0x7fffffff)), "accepted");
  EXPECT_EQ(refusal(rrset("a.", RrType::A, {"10.0.0.1"}, 0x80000000)), "TTL above 2147483647");
}

TEST(Rrset, OfATypeForQuestionsIsRefused) {
  EXPECT_EQ(refusal({Name::root(), RrType::Any, Ttl(1), {{}}}), "a zone cannot hold type ANY");
  EXPECT_EQ(refusal({Name::root(), RrType::Opt, Ttl(1), {{}}}), "a zone cannot hold type OPT");
  EXPECT_EQ(refusal({Name::root(), static_cast<RrType>(0), Ttl(1), {{}}}),
            "a zone cannot hold type TYPE0");
  EXPECT_FALSE(canonicalize({Name::root(), RrType::Axfr, Ttl(1), {{}}}));
}

TEST(Rrset, OfSomeTypesHasOneRecord) {
  for (const RrType type : {RrType::Cname, RrType::Dname}) {
    EXPECT_EQ(refusal(rrset("a.", type, {"b.", "c."})), "more than one " + to_text(type));
  }
  EXPECT_EQ(refusal(rrset("a.", RrType::Soa, {"a. b. 1 2 3 4 5", "a. b. 2 2 3 4 5"})),
            "more than one SOA");
  EXPECT_EQ(refusal(rrset("a.", RrType::Pool, {"x", "y"})), "more than one POOL");
  EXPECT_EQ(refusal(rrset("a.", RrType::Csync, {"1 1 A", "2 1 A"})), "more than one CSYNC");
}

TEST(Rrset, AtAWildcardIsNoDelegation) {
  EXPECT_EQ(refusal(rrset("*.a.", RrType::Ns, {"b."})), "NS at a wildcard");
  EXPECT_EQ(refusal(rrset("*.a.", RrType::Dname, {"b."})), "DNAME at a wildcard");
  EXPECT_EQ(refusal(rrset("*.a.", RrType::Soa, {"a. b. 1 2 3 4 5"})), "SOA at a wildcard");
  EXPECT_EQ(refusal(rrset("*.a.", RrType::Ds, {"1 2 99 00"})), "DS at a wildcard");
  EXPECT_EQ(refusal(rrset("*.a.", RrType::Cname, {"b."})), "accepted");
  EXPECT_EQ(refusal(rrset("a.*.b.", RrType::Ns, {"b."})), "accepted");
}

TEST(Rrset, IsHashedOverTheseOctets) {
  EXPECT_EQ(base::to_hex(canonical_octets(rrset("A.", RrType::A, {"10.0.0.1", "10.0.0.2"}))),
            "016100"
            "0001"
            "0001"
            "0000012c"
            "0002"
            "0004"
            "0a000001"
            "0004"
            "0a000002");
}

}  // namespace
}  // namespace tidemark::dns
