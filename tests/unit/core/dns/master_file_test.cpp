#include "core/dns/master_file.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/dns/rdata.hpp"

namespace tidemark::dns {
namespace {

const std::string soa = "@ 300 IN SOA ns1 host 1 7200 3600 1209600 60\n";

Name example() { return Name::parse("example.org.").value(); }

// The zone as it is written again, or its errors, a line each.
std::string read(const std::string& text) {
  const auto file = read_master_file(text, example());
  if (file) return write_master_file(file->origin, file->rrsets);
  std::string all;
  for (const Remark& error : file.error().errors) all += error.to_text() + "\n";
  return all;
}
std::string warnings(const std::string& text) {
  const auto file = read_master_file(text, example());
  std::string all;
  for (const Remark& warning : file.value().warnings) all += warning.to_text() + "\n";
  return all;
}

TEST(MasterFile, IsTheExampleOfRfc1035) {
  EXPECT_EQ(read("@   IN  SOA     VENERA      Action\\.domains (\n"
                 "                                 20     ; SERIAL\n"
                 "                                 7200   ; REFRESH\n"
                 "                                 600    ; RETRY\n"
                 "                                 3600000; EXPIRE\n"
                 "                                 60)    ; MINIMUM\n"
                 "\n"
                 "        NS      A.ISI.EDU.\n"
                 "        NS      VENERA\n"
                 "        MX      10      VENERA\n"
                 "\n"
                 "VENERA  A       10.1.0.52\n"
                 "        A       128.9.0.32\n"),
            "example.org. 60 IN SOA venera.example.org. action\\.domains.example.org. 20 7200 600 "
            "3600000 60\n"
            "example.org. 60 IN NS a.isi.edu.\n"
            "example.org. 60 IN NS venera.example.org.\n"
            "example.org. 60 IN MX 10 venera.example.org.\n"
            "venera.example.org. 60 IN A 10.1.0.52\n"
            "venera.example.org. 60 IN A 128.9.0.32\n");
}

TEST(MasterFile, TakesTtlAndClassInEitherOrder) {
  EXPECT_EQ(
      read("a 1h IN A 10.0.0.1\nb IN 1h A 10.0.0.1\nc in A 10.0.0.1\nd CLASS1 60 A 10.0.0.1\n"),
      "a.example.org. 3600 IN A 10.0.0.1\n"
      "b.example.org. 3600 IN A 10.0.0.1\n"
      "c.example.org. 3600 IN A 10.0.0.1\n"
      "d.example.org. 60 IN A 10.0.0.1\n");
}

TEST(MasterFile, TakesNamesOfTypesAsOwners) {
  EXPECT_EQ(read("MX 60 IN MX 10 A\nIN 60 IN A 10.0.0.1\n60 60 A 10.0.0.1\n"),
            "60.example.org. 60 IN A 10.0.0.1\n"
            "in.example.org. 60 IN A 10.0.0.1\n"
            "mx.example.org. 60 IN MX 10 a.example.org.\n");
}

TEST(MasterFile, TakesDefaultsFromDirectives) {
  EXPECT_EQ(
      read("$TTL 1d\na A 10.0.0.1\nb 60 A 10.0.0.1\nc A 10.0.0.1\n"
           "$ORIGIN sub\nd A 10.0.0.1\n$TTL 5\n$origin x.\n$ORIGIN example.org.\ne A 10.0.0.1"),
      "a.example.org. 86400 IN A 10.0.0.1\n"
      "b.example.org. 60 IN A 10.0.0.1\n"
      "c.example.org. 86400 IN A 10.0.0.1\n"
      "e.example.org. 5 IN A 10.0.0.1\n"
      "d.sub.example.org. 86400 IN A 10.0.0.1\n");
}

TEST(MasterFile, TakesTheLastTtlWithoutADirective) {
  EXPECT_EQ(read("a 60 A 10.0.0.1\nb A 10.0.0.1\n"),
            "a.example.org. 60 IN A 10.0.0.1\nb.example.org. 60 IN A 10.0.0.1\n");
}

TEST(MasterFile, TakesTheMinimumOfASoaWithoutTtl) {
  const std::string text = "@ SOA ns1 host 1 2 3 4 77\na A 10.0.0.1\n";
  EXPECT_EQ(read(text),
            "example.org. 77 IN SOA ns1.example.org. host.example.org. 1 2 3 4 77\n"
            "a.example.org. 77 IN A 10.0.0.1\n");
  EXPECT_EQ(warnings(text), "1:1: no TTL: taken from the SOA's MINIMUM\n");
}

TEST(MasterFile, SaysOnceThatThereIsNoTtl) {
  EXPECT_EQ(read("a A 10.0.0.1\nb A 10.0.0.1\n"),
            "1:1: no TTL, none in a record before, and no $TTL\n");
}

TEST(MasterFile, TakesTheLastOwnerForABlankOne) {
  EXPECT_EQ(read("a 60 A 10.0.0.1\n\tA 10.0.0.2\n  ; comment\n\n 60 TXT x\n"),
            "a.example.org. 60 IN A 10.0.0.1\n"
            "a.example.org. 60 IN A 10.0.0.2\n"
            "a.example.org. 60 IN TXT \"x\"\n");
  EXPECT_EQ(read(" 60 A 10.0.0.1\n"), "1:2: no owner, and no record before\n");
}

TEST(MasterFile, TakesQuotesEscapesAndParentheses) {
  EXPECT_EQ(read("a 60 TXT ( \"x ; ( y\" ; comment )\n z\\;\\( ) ; end\r\n"
                 "b\\.c 60 TXT \"\\\"\\065\"\"next\"\n"),
            "a.example.org. 60 IN TXT \"x ; ( y\" \"z;(\"\n"
            "b\\.c.example.org. 60 IN TXT \"\\\"A\" \"next\"\n");
}

TEST(MasterFile, TakesKeysWithQuotedValues) {
  EXPECT_EQ(read("a 60 HTTPS 1 . alpn=\"h2,h3\" key667=\"x ; y\"\n"),
            "a.example.org. 60 IN HTTPS 1 . alpn=\"h2,h3\" key667=\"x ; y\"\n");
}

TEST(MasterFile, NeedsNoLastLineEnd) {
  EXPECT_EQ(read("a 60 A 10.0.0.1"), "a.example.org. 60 IN A 10.0.0.1\n");
  EXPECT_EQ(read(""), "");
}

TEST(MasterFile, CollectsEveryErrorWithItsPlace) {
  EXPECT_EQ(read("www 60 A 10.0.0.256\n"
                 "www 60 MX ten mail\n"
                 "mail 60 MX 10\n"
                 "a..b 60 A 10.0.0.1\n"
                 "www 60 FOO bar\n"
                 "www 60 CH TXT bar\n"
                 "www 99999999999 A 10.0.0.1\n"
                 "www 60\n"
                 "www 60 TXT \"x\n"
                 "good 60 A 10.0.0.1\n"
                 "www 60 ANY \\# 0\n"
                 "www 60 A )\n"
                 "www 60 TXT x ( y\n"),
            "1:10: www: A: not an IPv4 address: 10.0.0.256\n"
            "2:11: www: MX: preference: not a number from 0 to 65535: ten\n"
            "3:12: mail: MX: exchange: missing\n"
            "4:1: a..b: empty label at character 3\n"
            "5:8: www: not a type: FOO\n"
            "6:8: www: class CH: a zone has class IN\n"
            "7:5: www: not a TTL: 99999999999\n"
            "8:1: www: no type\n"
            "9:12: a quote that never closes\n"
            "11:8: www: a zone cannot hold type ANY\n"
            "12:10: a closing parenthesis without an opening one\n"
            "13:14: a parenthesis that never closes\n");
}

TEST(MasterFile, KeepsNoMoreThan100Errors) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "a 60 A x\n";
  const auto file = read_master_file(text, example());
  ASSERT_EQ(file.error().errors.size(), 100u);
  EXPECT_EQ(file.error().errors.back().what, "51 more");
}

TEST(MasterFile, RefusesWhatLiesOutsideTheZone) {
  EXPECT_EQ(read("a.example.net. 60 A 10.0.0.1\nnotexample.org. 60 A 10.0.0.1\n"),
            "1:1: a.example.net. is outside zone example.org. (A)\n"
            "2:1: notexample.org. is outside zone example.org. (A)\n");
}

TEST(MasterFile, RefusesOtherFiles) {
  EXPECT_EQ(read("$INCLUDE other.zone\n$FOO bar\n$TTL\n$TTL x\n$ORIGIN a..\n"),
            "1:1: $INCLUDE is refused: a zone arrives as one text\n"
            "2:1: unknown directive $FOO\n"
            "3:1: $TTL takes one word\n"
            "4:6: $TTL: not a TTL: x\n"
            "5:9: $ORIGIN: empty label at character 3\n");
}

TEST(MasterFile, MergesRecordsIntoCanonicalRrsets) {
  const std::string text = "b 60 A 10.0.0.2\na 60 A 10.0.0.9\nB 70 A 10.0.0.1\nb 60 A 10.0.0.2\n";
  EXPECT_EQ(read(text),
            "a.example.org. 60 IN A 10.0.0.9\n"
            "b.example.org. 60 IN A 10.0.0.1\n"
            "b.example.org. 60 IN A 10.0.0.2\n");
  EXPECT_EQ(warnings(text),
            "3:1: TTL 70 of b.example.org. A is not that of its first record, 60, which counts\n"
            "4:1: duplicate record b.example.org. A\n");
  const auto file = read_master_file(text, example()).value();
  EXPECT_TRUE(std::ranges::is_sorted(file.rrsets, {}, &Rrset::owner));
  for (const Rrset& rrset : file.rrsets) EXPECT_TRUE(check_canonical(rrset));
}

TEST(MasterFile, TakesItsOriginFromTheSoa) {
  const auto file = read_master_file("example.org. 60 SOA ns1 host 1 2 3 4 5\nwww A 10.0.0.1\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->origin, example());
  EXPECT_EQ(file->rrsets.back().owner.to_text(), "www.example.org.");
}

TEST(MasterFile, TakesItsOriginFromADirective) {
  const auto file = read_master_file("$ORIGIN org.\n$TTL 60\nexample SOA ns1 host 1 2 3 4 5\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->origin, example());
}

TEST(MasterFile, WithoutOriginNeedsAbsoluteNames) {
  const auto file = read_master_file("www 60 A 10.0.0.1\na. 60 NS b\n").error().errors;
  ASSERT_EQ(file.size(), 3u);
  EXPECT_EQ(file[0].to_text(), "1:1: www: a relative name without an origin");
  EXPECT_EQ(file[1].to_text(), "1:1: no SOA record");
  EXPECT_EQ(file[2].to_text(), "2:10: a.: NS: a relative name without an origin");
}

TEST(MasterFile, OfThePoolTypeIsReadAndWritten) {
  EXPECT_EQ(read("www 60 POOL eu-web\n"), "www.example.org. 60 IN POOL eu-web\n");
  EXPECT_EQ(read("www 60 TYPE65400 \\# 2 6575\n"), "www.example.org. 60 IN POOL eu\n");
}

TEST(WriteMasterFile, PutsTheSoaFirst) {
  EXPECT_EQ(read("@ 60 A 10.0.0.1\n@ 60 NS ns1\n" + soa).substr(0, 19), "example.org. 300 IN");
}

TEST(WriteMasterFile, PutsTypesItKeepsAsOctetsUnderTheirNumber) {
  EXPECT_EQ(read("a 60 HIP \\# 2 0102\nb 60 TYPE700 \\# 0\nc 60 TYPE1 192.0.2.1\n"),
            "a.example.org. 60 IN TYPE55 \\# 2 0102\n"
            "b.example.org. 60 IN TYPE700 \\# 0\n"
            "c.example.org. 60 IN A 192.0.2.1\n");
}

TEST(Generate, CountsThroughARange) {
  EXPECT_EQ(read("$TTL 60\n$GENERATE 1-3 host-${0,3,d} A 192.0.2.$\n"),
            "host-001.example.org. 60 IN A 192.0.2.1\n"
            "host-002.example.org. 60 IN A 192.0.2.2\n"
            "host-003.example.org. 60 IN A 192.0.2.3\n");
  EXPECT_EQ(read("$TTL 60\n$GENERATE 0-20/10 $ 5 IN CNAME ${-0}.${5}.x.\n"),
            "0.example.org. 5 IN CNAME 0.5.x.\n"
            "10.example.org. 5 IN CNAME 10.15.x.\n"
            "20.example.org. 5 IN CNAME 20.25.x.\n");
}

TEST(Generate, KnowsBasesAndNibbles) {
  const auto name = [](const std::string& pattern) {
    const std::string line = read("$TTL 60\n$GENERATE 171-171 " + pattern + " A 192.0.2.1\n");
    return line.substr(0, line.find(".example.org."));
  };
  EXPECT_EQ(name("a${0,0,x}"), "aab");
  EXPECT_EQ(name("a${0,4,X}"), "a00ab");
  EXPECT_EQ(name("a${0,4,o}"), "a0253");
  EXPECT_EQ(name("${0,0,n}"), "b.a");
  EXPECT_EQ(name("${0,7,n}"), "b.a.0.0");
  EXPECT_EQ(name("a\\$$"), "a\\$171");
  EXPECT_EQ(name("a$$b"), "a\\$b");
  EXPECT_EQ(name("${-171}"), "0");
}

TEST(Generate, IsBounded) {
  EXPECT_EQ(read("$TTL 60\n$GENERATE 0-65536 a$ A 192.0.2.1\n"),
            "2:11: $GENERATE: more than 65536 records in one file\n");
  EXPECT_EQ(read("$TTL 60\n$GENERATE 1-60000 a$ A 192.0.2.1\n$GENERATE 1-60000 b$ A 192.0.2.1\n"),
            "3:11: $GENERATE: more than 65536 records in one file\n");
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += " ${0,255}";
  EXPECT_EQ(read("$TTL 60\n$GENERATE 1-60000 a$ TXT" + wide + "\n").substr(0, 2), "2:");
}

TEST(Generate, SaysWhatIsWrong) {
  EXPECT_EQ(read("$GENERATE 1-2 a$\n"),
            "1:1: $GENERATE takes a range, an owner, a type and RDATA\n");
  for (const char* range : {"1", "2-1", "1-2/0", "a-b", "1/2-3", "-1-2", "1-99999999999"}) {
    EXPECT_EQ(read("$GENERATE " + std::string(range) + " a$ A 192.0.2.1\n"),
              "1:11: $GENERATE: not first-last or first-last/step: " + std::string(range) + "\n");
  }
  EXPECT_EQ(read("$TTL 5\n$GENERATE 1-2 ${x} A 192.0.2.1\n"),
            "2:15: $GENERATE: not ${offset,width,base}\n");
  EXPECT_EQ(read("$TTL 5\n$GENERATE 1-2 ${-5} A 192.0.2.1\n"),
            "2:15: $GENERATE: a number below 0 or above 2147483647\n");
  EXPECT_EQ(read("$TTL 5\n$GENERATE 1-2 a$ A 300.0.2.1\n"),
            "2:20: a1: A: not an IPv4 address: 300.0.2.1\n")
      << "once, not for each step";
}

}  // namespace
}  // namespace tidemark::dns
