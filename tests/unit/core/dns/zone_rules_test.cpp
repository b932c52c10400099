#include "core/dns/zone_rules.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/dns/master_file.hpp"

namespace tidemark::dns {
namespace {

const std::string apex = "@ 60 SOA ns1.x. host.x. 1 2 3 4 5\n@ 60 NS ns1.x.\n";

// Remarks on a zone, a line each; "E " for errors, "W " for warnings.
std::string remarks(const std::string& text) {
  const auto file = read_master_file(text, Name::parse("example.org.").value());
  std::string all;
  for (const ZoneRemark& remark : check_zone(file->origin, file->rrsets)) {
    all += (remark.severity == Severity::Error ? "E " : "W ") + remark.what + "\n";
  }
  return all;
}
std::string remarks_beside_apex(const std::string& text) { return remarks(apex + text); }

TEST(CheckZone, FindsNothingInASoundZone) {
  EXPECT_EQ(remarks_beside_apex("www 60 A 10.0.0.1\nalias 60 CNAME www\n*.w 60 CNAME www\n"
                                "sub 60 NS ns.sub\nns.sub 60 A 10.0.0.2\nsub 60 DS 1 2 99 00\n"),
            "");
}

TEST(CheckZone, NeedsSoaAndNs) {
  EXPECT_EQ(remarks("www 60 A 10.0.0.1\n"),
            "E no SOA record at example.org.\nE no NS record at example.org.\n");
  EXPECT_EQ(remarks_beside_apex("@ 60 SOA a. b. 2 2 3 4 5\n"),
            "E more than one SOA at example.org.\n");
  EXPECT_EQ(remarks_beside_apex("a 60 SOA a. b. 2 2 3 4 5\n"),
            "E SOA at a.example.org., below the apex example.org.\n");
}

TEST(CheckZone, KeepsCnamesAlone) {
  EXPECT_EQ(remarks_beside_apex("a 60 CNAME x.\na 60 A 10.0.0.1\n"),
            "E CNAME and other data at a.example.org. (A, CNAME)\n");
  EXPECT_EQ(remarks_beside_apex("a 60 CNAME x.\na 60 CNAME y.\n"),
            "E CNAME and other data at a.example.org. (CNAME 2 times)\n");
  EXPECT_EQ(remarks_beside_apex("@ 60 CNAME x.\n"),
            "E CNAME and other data at example.org. (NS, CNAME, SOA)\n");
  EXPECT_EQ(remarks_beside_apex("a 60 DNAME x.\na 60 CNAME y.\n"),
            "E CNAME and other data at a.example.org. (CNAME, DNAME)\n");
}

TEST(CheckZone, KeepsDnamesOffDelegations) {
  EXPECT_EQ(remarks_beside_apex("a 60 DNAME x.\na 60 DNAME y.\n"),
            "E more than one DNAME at a.example.org.\n");
  EXPECT_EQ(remarks_beside_apex("a 60 DNAME x.\na 60 NS y.\n"),
            "E DNAME at delegation a.example.org.\n"
            "W a.example.org. DNAME is hidden by the delegation there\n");
  EXPECT_EQ(remarks_beside_apex("@ 60 DNAME x.\na 60 DNAME x.\n"),
            "E a.example.org. is hidden by the DNAME at example.org. (DNAME)\n");
}

TEST(CheckZone, RefusesNamesBelowAVisibleDname) {
  EXPECT_EQ(remarks_beside_apex("a 60 DNAME x.\nb.c.a 60 A 10.0.0.1\nab 60 A 10.0.0.1\n"),
            "E b.c.a.example.org. is hidden by the DNAME at a.example.org. (A)\n");
  EXPECT_EQ(remarks_beside_apex("s 60 NS x.\na.s 60 DNAME x.\nb.a.s 60 A 10.0.0.1\n"),
            "W a.s.example.org. is hidden by the delegation at s.example.org. (DNAME)\n"
            "W b.a.s.example.org. is hidden by the delegation at s.example.org. (A)\n");
}

TEST(CheckZone, TakesDsOnlyAtADelegation) {
  EXPECT_EQ(remarks_beside_apex("@ 60 DS 1 2 99 00\na 60 DS 1 2 99 00\n"),
            "E DS at example.org., the apex\nE DS at a.example.org., without NS\n");
}

TEST(CheckZone, TakesNoSignaturesYet) {
  EXPECT_EQ(remarks_beside_apex("a 60 NSEC b A\n"),
            "E a.example.org. NSEC: signed zones are not supported yet\n");
}

TEST(CheckZone, KeepsPoolsOffAddresses) {
  EXPECT_EQ(remarks_beside_apex("a 60 POOL x\na 60 A 10.0.0.1\n"),
            "E POOL and addresses at a.example.org.\n");
}

TEST(CheckZone, ChecksEveryRrset) {
  EXPECT_EQ(remarks_beside_apex("*.a 60 NS b.\n"), "E *.a.example.org. NS: NS at a wildcard\n");
  std::string many;
  for (int i = 0; i < 101; ++i) many += "a 60 A 10.0.0." + std::to_string(i) + "\n";
  EXPECT_EQ(remarks_beside_apex(many), "E a.example.org. A: more than 100 records\n");
  many.clear();
  for (int i = 0; i < 101; ++i) many += "a 60 TYPE" + std::to_string(1000 + i) + " \\# 0\n";
  EXPECT_EQ(remarks_beside_apex(many), "E more than 100 types at a.example.org.\n");
}

TEST(CheckZone, SeesRrsetsThatAFileCouldNotHold) {
  const Name origin = Name::parse("example.org.").value();
  std::vector<Rrset> rrsets = read_master_file(apex, origin)->rrsets;
  rrsets.push_back({Name::parse("www.example.net.").value(), RrType::A, Ttl(1), {{10, 0, 0, 1}}});
  rrsets.push_back({Name::parse("a.example.org.").value(), RrType::A, Ttl(1), {{10, 0, 0, 1}}});
  rrsets.push_back({Name::parse("a.example.org.").value(), RrType::A, Ttl(1), {{10, 0, 0}}});
  rrsets.push_back({Name::parse("b.example.org.").value(), RrType::Cname, Ttl(1), {}});
  std::string all;
  for (const ZoneRemark& remark : check_zone(origin, rrsets)) all += remark.what + "\n";
  EXPECT_EQ(all,
            "www.example.net. is outside zone example.org. (A)\n"
            "a.example.org. A is there twice\n"
            "a.example.org. A: record 1: A: cut short\n"
            "b.example.org. CNAME: no records\n");
}

TEST(CheckZone, KeepsNoMoreThan100OfAKind) {
  std::string many;
  for (int i = 0; i < 150; ++i) many += "a" + std::to_string(i) + " 0 A 10.0.0.1\n";
  const auto file = read_master_file(apex + many, Name::parse("example.org.").value());
  const auto all = check_zone(file->origin, file->rrsets);
  ASSERT_EQ(all.size(), 100u);
  EXPECT_EQ(all.back().what, "51 more");
}

TEST(CheckZone, WarnsOfWhatADelegationHides) {
  EXPECT_EQ(remarks_beside_apex("s 60 NS ns.s\nns.s 60 A 10.0.0.1\ns 60 TXT x\nb.s 60 NS x.\n"
                                "c.s 60 A 10.0.0.1\n"),
            "W s.example.org. TXT is hidden by the delegation there\n"
            "W b.s.example.org. is hidden by the delegation at s.example.org. (NS)\n"
            "W c.s.example.org. is hidden by the delegation at s.example.org. (A)\n");
}

TEST(CheckZone, WarnsOfTargetsThatLeadNowhere) {
  EXPECT_EQ(
      remarks_beside_apex("@ 60 NS ns2\ns 60 NS a.s\nt 60 NS c\nc 60 CNAME x.\n@ 60 MX 1 c\n"),
      "W NS target ns2.example.org. has no address (NS at example.org.)\n"
      "W MX target c.example.org. is a CNAME (MX at example.org.)\n"
      "W NS target a.s.example.org. has no address (NS at s.example.org.)\n"
      "W NS target c.example.org. is a CNAME (NS at t.example.org.)\n");
  EXPECT_EQ(remarks_beside_apex("@ 60 MX 0 .\n@ 60 MX 1 x.\n"),
            "W null MX beside other MX at example.org.\n");
}

TEST(CheckZone, WarnsOfCnamesThatLeadNowhere) {
  EXPECT_EQ(remarks_beside_apex("a 60 CNAME b\nb 60 CNAME a\n"),
            "W CNAME loop at a.example.org.\nW CNAME loop at b.example.org.\n");
  EXPECT_EQ(remarks_beside_apex("a 60 CNAME gone\n"),
            "W CNAME at a.example.org. points to gone.example.org., which does not exist\n");
  EXPECT_EQ(remarks_beside_apex("a 60 CNAME x.w\n*.w 60 A 10.0.0.1\nb 60 CNAME w\nc 60 CNAME y.s\n"
                                "s 60 NS x.\nd 60 CNAME q.d2\nd2 60 DNAME x.\n"),
            "")
      << "wildcards, empty non-terminals, delegations and DNAMEs answer";
}

TEST(CheckZone, WarnsOfDnamesThatGrowTheName) {
  EXPECT_EQ(remarks_beside_apex("a 60 DNAME b.a\n"),
            "W DNAME at a.example.org. points to itself or below\n");
}

TEST(CheckZone, WarnsOfOddNamesAndTtls) {
  EXPECT_EQ(remarks_beside_apex("_a 60 A 10.0.0.1\n-b 60 A 10.0.0.1\n*.c 60 A 10.0.0.1\n"
                                "d.*.e 60 TXT x\n_f 60 TXT x\ng 0 TXT x\n"),
            "W -b.example.org. is not a host name (A)\n"
            "W _a.example.org. is not a host name (A)\n"
            "W d.*.e.example.org. has an asterisk that is not its first label (TXT)\n"
            "W TTL 0 at g.example.org. TXT\n");
}

TEST(CheckZone, WarnsOfNaptrAndZonemd) {
  EXPECT_EQ(remarks_beside_apex("a 60 NAPTR 1 1 u s !a!b! c.\n@ 60 ZONEMD 1 1 240 "
                                "000102030405060708090a0b\nb 60 ZONEMD 1 1 240 "
                                "000102030405060708090a0b\n"),
            "W ZONEMD at example.org. is stale as soon as the zone changes\n"
            "W NAPTR with both regexp and replacement at a.example.org.\n"
            "W ZONEMD at b.example.org. has no meaning below the apex\n");
}

}  // namespace
}  // namespace tidemark::dns
