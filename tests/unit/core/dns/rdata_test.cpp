#include "core/dns/rdata.hpp"

#include <gtest/gtest.h>

#include "core/base/hash.hpp"
#include "core/dns/encodings.hpp"

namespace tidemark::dns {
namespace {

const Name& origin() {
  static const Name name = Name::parse("example.com.").value();
  return name;
}

// Wire form in hexadecimal, or "error: " and why not.
std::string wire(std::string_view type, std::string_view text) {
  const auto rdata = rdata_from_text(rr_type_from_text(type).value(), text, origin());
  return rdata ? base::to_hex(*rdata) : "error: " + rdata.error().trail;
}
// Text of the wire form of a text.
std::string text(std::string_view type, std::string_view text) {
  const RrType rr_type = rr_type_from_text(type).value();
  const auto rdata = rdata_from_text(rr_type, text, origin());
  return rdata ? rdata_to_text(rr_type, *rdata) : "error: " + rdata.error().trail;
}
// Canonical form of a wire form, both in hexadecimal.
std::string canonical(std::string_view type, std::string_view hex) {
  const auto rdata = canonical_rdata(rr_type_from_text(type).value(), from_hex(hex).value());
  return rdata ? base::to_hex(*rdata) : "error: " + rdata.error().trail;
}

TEST(Rdata, OfAddressesIsChecked) {
  EXPECT_EQ(wire("A", "192.0.2.1"), "c0000201");
  EXPECT_EQ(wire("A", "10.0.0.256"), "error: A: not an IPv4 address: 10.0.0.256");
  EXPECT_EQ(wire("A", "192.0.2.1 192.0.2.2"), "error: A: too many fields: 192.0.2.2");
  EXPECT_EQ(wire("A", ""), "error: A: missing");
  EXPECT_EQ(wire("A", "\"192.0.2.1\""), "error: A: must not be quoted");
  EXPECT_EQ(canonical("A", "c00002"), "error: A: cut short");
  EXPECT_EQ(canonical("A", "c000020102"), "error: A: 1 octets left over");
  EXPECT_EQ(wire("AAAA", "2001:db8::1"), "20010db8000000000000000000000001");
}

TEST(Rdata, LowerCasesTheNamesThatTheRfcLists) {
  EXPECT_EQ(wire("MX", "10 Mail.Example."), "000a046d61696c076578616d706c6500");
  EXPECT_EQ(canonical("MX", "000a044d41494c00"), "000a046d61696c00");
  EXPECT_EQ(canonical("SRV", "000000000050015800"), "000000000050017800");
  EXPECT_EQ(canonical("RRSIG",
                      "0001050200000e100000000000000000"
                      "0000"
                      "015800"
                      "ff"),
            "0001050200000e100000000000000000"
            "0000"
            "017800"
            "ff");
}

TEST(Rdata, KeepsTheCaseOfTheNamesThatItDoesNotList) {
  EXPECT_EQ(wire("SVCB", "1 Foo."), "000103466f6f00");
  EXPECT_EQ(canonical("NSEC",
                      "015800"
                      "000140"),
            "015800"
            "000140");
  EXPECT_EQ(text("NSEC", "Host A"), "Host.example.com. A");
}

TEST(Rdata, NeverHoldsACompressionPointer) {
  EXPECT_EQ(canonical("NS", "c00c"), "error: NS: not an uncompressed name");
  EXPECT_EQ(canonical("SVCB", "0001c00c"), "error: SVCB: target: not an uncompressed name");
}

TEST(Rdata, FromOneStringTakesNoComment) {
  const Name root = Name::root();
  const auto swallowed = rdata_from_text(RrType::Txt, "v=DKIM1; k=rsa; p=AAAA", root);
  ASSERT_FALSE(swallowed);
  EXPECT_NE(swallowed.error().trail.find("double quotes"), std::string::npos);
  EXPECT_TRUE(rdata_from_text(RrType::Txt, R"("v=DKIM1; k=rsa; p=AAAA")", root));
  EXPECT_TRUE(rdata_from_text(RrType::Txt, R"(v=DKIM1\; k)", root));
}

TEST(Rdata, OfSoaTakesTimesWithUnits) {
  EXPECT_EQ(text("SOA", "ns1 host\\.master ( 2024010100 2h 1h 2w 5m )"),
            "ns1.example.com. host\\.master.example.com. 2024010100 7200 3600 1209600 300");
  EXPECT_EQ(wire("SOA", "ns1 host 1 2 3 4"), "error: SOA: minimum: missing");
  EXPECT_EQ(wire("SOA", "ns1 host -1 2 3 4 5"),
            "error: SOA: serial: not a number from 0 to 4294967295: -1");
}

TEST(Rdata, OfTxtKeepsItsStringsApart) {
  EXPECT_EQ(wire("TXT", "\"ab\" c"),
            "02616201"
            "63");
  EXPECT_EQ(wire("TXT", "\"\""), "00");
  EXPECT_EQ(wire("TXT", ""), "error: TXT: missing");
  EXPECT_EQ(canonical("TXT", ""), "error: TXT: cut short");
  EXPECT_EQ(text("TXT", "a\\;\\\"\\200 \"x\\032;y\""), "\"a;\\\"\\200\" \"x ;y\"");
  EXPECT_EQ(wire("TXT", "v=\"a b\""), "error: TXT: a quote inside a word: put all of it in quotes");
}

TEST(Rdata, OfTxtRefusesAStringOf256Octets) {
  EXPECT_EQ(wire("TXT", std::string(255, 'a')).size(), 512u);
  EXPECT_EQ(wire("TXT", std::string(256, 'a')),
            "error: TXT: a string of 256 octets; one has at most 255, write several");
}

TEST(Rdata, OfHinfoIsExactlyTwoStrings) {
  EXPECT_EQ(wire("HINFO", "a b"), "01610162");
  EXPECT_EQ(wire("HINFO", "a"), "error: HINFO: os: missing");
  EXPECT_EQ(wire("HINFO", "a b c"), "error: HINFO: too many fields: c");
}

TEST(Rdata, OfCaaHasATagOfLettersAndDigits) {
  EXPECT_EQ(wire("CAA", "0 issue \"ca.example\""),
            "00056973737565"
            "63612e6578616d706c65");
  EXPECT_EQ(text("CAA", "128 issue \"\""), "128 issue \"\"");
  EXPECT_EQ(wire("CAA", "0 is-sue \"x\""), "error: CAA: tag: not 1 to 255 letters and digits");
  EXPECT_EQ(canonical("CAA", "000061"), "error: CAA: tag: not 1 to 255 letters and digits");
}

TEST(Rdata, OfUriHasATarget) {
  EXPECT_EQ(text("URI", "10 1 \"ftp://ftp1.example.com/public\""),
            "10 1 \"ftp://ftp1.example.com/public\"");
  EXPECT_EQ(wire("URI", "10 1 \"\""), "error: URI: target: empty");
}

TEST(Rdata, OfNaptrIsThatOfRfc3403) {
  EXPECT_EQ(text("NAPTR", "100 10 u E2U+sip \"!^.*$!sip:info@example.com!\" ."),
            "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .");
}

// RFC 4034 section 5.4.
TEST(Rdata, OfDsHasADigestOfItsLength) {
  EXPECT_EQ(wire("DS", "60485 5 1 ( 2BB183AF5F22588179A53B0A 98631FAD1A292118 )"),
            "ec450501"
            "2bb183af5f22588179a53b0a98631fad1a292118");
  EXPECT_EQ(text("DS", "60485 RSASHA256 1 2BB183AF5F22588179A53B0A98631FAD1A292118"),
            "60485 8 1 2BB183AF5F22588179A53B0A98631FAD1A292118");
  EXPECT_EQ(wire("DS", "60485 5 2 2BB183AF"),
            "error: DS: digest: 4 octets where algorithm 2 has 32");
  EXPECT_EQ(wire("DS", "60485 5 99 2BB183AF"), "ec4505632bb183af");
  EXPECT_EQ(wire("CDS", "0 0 0 00"), "0000000000");
}

TEST(Rdata, OfDnskeyHasProtocol3) {
  EXPECT_EQ(wire("DNSKEY", "256 3 5 AQPS"),
            "01000305"
            "0103d2");
  EXPECT_EQ(wire("DNSKEY", "256 2 5 AQPS"), "error: DNSKEY: protocol: not 3");
  EXPECT_EQ(wire("CDNSKEY", "0 3 0 AA=="), "0000030000");
}

// RFC 4034 section 4.3.
TEST(Rdata, OfNsecHasABitmapOfWindows) {
  EXPECT_EQ(wire("NSEC", "host.example.com. ( A MX RRSIG NSEC TYPE1234 )"),
            "04686f7374076578616d706c6503636f6d00"
            "0006400100000003"
            "041b"
            "000000000000000000000000000000000000000000000000000020");
  EXPECT_EQ(wire("NSEC", "host NOTYPE"), "error: NSEC: types: not a type: NOTYPE");
  EXPECT_EQ(wire("NSEC", "host"), "error: NSEC: types: none");
  EXPECT_EQ(canonical("NSEC",
                      "00"
                      "0100"
                      ""),
            "error: NSEC: types: a window of a wrong length");
  EXPECT_EQ(canonical("NSEC",
                      "00"
                      "000200"
                      "00"),
            "error: NSEC: types: a window that ends in a zero octet");
  EXPECT_EQ(canonical("NSEC",
                      "00"
                      "000140"
                      "000140"),
            "error: NSEC: types: windows that do not ascend");
  EXPECT_EQ(canonical("NSEC",
                      "00"
                      "0021"),
            "error: NSEC: types: a window of a wrong length");
}

// RFC 5155 appendix A; letter case of the hash does not matter.
TEST(Rdata, OfNsec3HasAHashInBase32) {
  EXPECT_EQ(text("NSEC3", "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS"),
            "1 1 12 AABBCCDD 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS MX DNSKEY");
  EXPECT_EQ(text("NSEC3", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"),
            "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr");
  EXPECT_EQ(text("NSEC3PARAM", "1 0 12 aabbccdd"), "1 0 12 AABBCCDD");
  EXPECT_EQ(wire("NSEC3PARAM", "1 0 12 abc"), "error: NSEC3PARAM: salt: neither hexadecimal nor -");
}

// RFC 4034 section 3.2: dates and seconds; the first and the last moment of 32 bits.
TEST(Rdata, OfRrsigTakesDatesAndSeconds) {
  const auto times = [](std::string expiration) {
    return text("RRSIG", "A 5 3 86400 " + expiration + " 0 2642 example.com. AA==");
  };
  EXPECT_EQ(times("20030322173103"),
            "A 5 3 86400 20030322173103 19700101000000 2642 example.com. AA==");
  EXPECT_EQ(times("4294967295"),
            "A 5 3 86400 21060207062815 19700101000000 2642 example.com. AA==");
  EXPECT_EQ(times("20380119031408"),
            "A 5 3 86400 20380119031408 19700101000000 2642 example.com. AA==");
  EXPECT_EQ(times("20030231000000"),
            "error: RRSIG: expiration: not a time (YYYYMMDDHHmmSS): 20030231000000");
  EXPECT_EQ(times("21060207062816").substr(0, 6), "error:");
  EXPECT_EQ(times("20030322250000").substr(0, 6), "error:");
}

TEST(Rdata, OfTlsaSshfpAndZonemdHasADigestOfItsLength) {
  EXPECT_EQ(wire("TLSA", "3 1 1 00"), "error: TLSA: digest: 1 octets where algorithm 1 has 32");
  EXPECT_EQ(wire("TLSA", "3 1 0 00"), "03010000");
  EXPECT_EQ(wire("SSHFP", "4 2 00"), "error: SSHFP: digest: 1 octets where algorithm 2 has 32");
  EXPECT_EQ(wire("ZONEMD", "1 1 1 00"), "error: ZONEMD: digest: fewer than 12 octets");
  EXPECT_EQ(wire("ZONEMD", "1 1 240 000102030405060708090a0b"),
            "0000000101f0000102030405060708090a0b");
}

TEST(Rdata, OfLocIsThatOfRfc1876) {
  EXPECT_EQ(wire("LOC", "42 21 54 N 71 06 18 W -24m 30m"),
            "00331613891"
            "72dd070be15f000988d20");
  EXPECT_EQ(text("LOC", "52 22 23.000 N 4 53 32.5 E -2.00m 0.00m 10000m 10m"),
            "52 22 23.000 N 4 53 32.500 E -2.00m 0.00m 10000.00m 10.00m");
  EXPECT_EQ(text("LOC", "90 S 180 W 42849672.95"),
            "90 0 0.000 S 180 0 0.000 W 42849672.95m 1.00m 10000.00m 10.00m");
  EXPECT_EQ(wire("LOC", "90 0 0.001 N 0 E 0m"), "error: LOC: angle too large");
  EXPECT_EQ(wire("LOC", "91 N 0 E 0m"), "error: LOC: not an angle: 91");
  EXPECT_EQ(wire("LOC", "1 60 N 0 E 0m"), "error: LOC: not an angle: 60");
  EXPECT_EQ(wire("LOC", "1 2 3 4 N 0 E 0m"), "error: LOC: an angle must end in one of N S E W");
  EXPECT_EQ(wire("LOC", "1 N 0 E 42849672.96m"), "error: LOC: not an altitude: 42849672.96m");
  EXPECT_EQ(wire("LOC", "1 N 0 E 0m 90000000.01m"),
            "error: LOC: not a size or precision: 90000000.01m");
}

TEST(Rdata, OfLocOfAnotherVersionTravelsAsItIs) {
  EXPECT_EQ(text("LOC", "\\# 3 010203"), "\\# 3 010203");
  EXPECT_EQ(canonical("LOC", "00"), "error: LOC: not 16 octets");
  EXPECT_EQ(canonical("LOC",
                      "00a21613"
                      "80000000"
                      "80000000"
                      "00989680"),
            "error: LOC: a size or precision that is not a digit and an exponent");
  EXPECT_EQ(canonical("LOC",
                      "00121613"
                      "ffffffff"
                      "80000000"
                      "00989680"),
            "error: LOC: latitude beyond a pole");
}

// RFC 3123 section 4.
TEST(Rdata, OfAplHasNoTrailingZeros) {
  EXPECT_EQ(wire("APL", "1:192.168.32.0/21 !1:192.168.38.0/28"), "00011503c0a82000011c83c0a826");
  EXPECT_EQ(text("APL", "1:192.168.32.0/21 !2:FF00:0:0:0:0:0:0:0/8 1:0.0.0.0/0"),
            "1:192.168.32.0/21 !2:ff00::/8 1:0.0.0.0/0");
  EXPECT_EQ(wire("APL", ""), "");
  EXPECT_EQ(canonical("APL", "00011504c0a82000"),
            "error: APL: an address with trailing zero octets");
  EXPECT_EQ(canonical("APL", "00011505c0a8200101"),
            "error: APL: an address or prefix too long for its family");
  EXPECT_EQ(canonical("APL", "00012101c0"),
            "error: APL: an address or prefix too long for its family");
  EXPECT_EQ(wire("APL", "1:1.2.3.4/33"), "error: APL: not a prefix length: 33");
  EXPECT_EQ(text("APL", "\\# 5 0003080101"), "\\# 5 0003080101");
}

TEST(Rdata, OfHardwareAddressesIsPairs) {
  EXPECT_EQ(wire("EUI48", "00-00-5e-00-53-2a"), "00005e00532a");
  EXPECT_EQ(text("EUI64", "00-00-5E-EF-10-00-00-2A"), "00-00-5e-ef-10-00-00-2a");
  EXPECT_EQ(wire("EUI48", "00:00:5e:00:53:2a").substr(0, 6), "error:");
  EXPECT_EQ(wire("EUI48", "00-00-5e-00-53").substr(0, 6), "error:");
}

TEST(Rdata, OfCertTakesMnemonics) {
  EXPECT_EQ(text("CERT", "PKIX 12345 RSASHA256 MIIB"), "1 12345 8 MIIB");
}

TEST(Rdata, OfAPoolIsItsName) {
  EXPECT_EQ(wire("POOL", "eu-web_1.a"), "65752d7765625f312e61");
  EXPECT_EQ(wire("POOL", "EU"), "error: POOL: the name of a pool is made of a-z 0-9 - _ .");
  EXPECT_EQ(wire("POOL", std::string(64, 'a')),
            "error: POOL: the name of a pool has 1 to 63 characters");
  EXPECT_EQ(canonical("POOL", ""), "error: POOL: the name of a pool has 1 to 63 characters");
  EXPECT_EQ(wire("POOL", "a b"), "error: POOL: too many fields: b");
}

// RFC 3597 section 5.
TEST(Rdata, InTheGenericFormIsCheckedAsTheKnownType) {
  EXPECT_EQ(text("TYPE1", "\\# 4 0a000001"), "10.0.0.1");
  EXPECT_EQ(text("A", "\\# 4 0a 000 001"), "10.0.0.1");
  EXPECT_EQ(wire("A", "\\# 3 0a0000"), "error: A: cut short");
  EXPECT_EQ(wire("NS", "\\# 3 015800"), "017800");
  EXPECT_EQ(wire("A", "\\# 5 0a000001"), "error: A: length 5, but 4 octets");
  EXPECT_EQ(wire("A", "\\# x 0a000001"), "error: A: not a length: x");
}

TEST(Rdata, OfUnknownTypesIsOpaque) {
  EXPECT_EQ(text("TYPE700", "\\# 3 abcdef"), "\\# 3 ABCDEF");
  EXPECT_EQ(text("TYPE700", "\\# 0"), "\\# 0");
  EXPECT_EQ(wire("TYPE700", "abc"),
            "error: TYPE700: is known only in the form \\# length hexadecimal");
  EXPECT_EQ(text("MD", "\\# 3 015800"), "\\# 3 015800") << "obsolete: its name keeps its case";
  EXPECT_EQ(text("HIP", "\\# 2 0102"), "\\# 2 0102");
}

TEST(Rdata, IsOneLine) {
  EXPECT_EQ(wire("A", "192.0.2.1\n192.0.2.2"), "error: A: more than one line");
  EXPECT_EQ(wire("TXT", "\"abc"), "error: TXT: a quote that never closes");
  EXPECT_EQ(wire("TXT", "( abc"), "error: TXT: a parenthesis that never closes");
}

TEST(Rdata, NamesItsTargets) {
  const auto names = [](std::string_view type, std::string_view text) {
    const RrType rr_type = rr_type_from_text(type).value();
    const auto rdata = rdata_from_text(rr_type, text, origin()).value();
    std::string all;
    for (const NameView name : names_in_rdata(rr_type, rdata)) all += name.to_text() + " ";
    return all;
  };
  EXPECT_EQ(names("MX", "10 a."), "a. ");
  EXPECT_EQ(names("SRV", "0 0 1 a."), "a. ");
  EXPECT_EQ(names("SOA", "a. b. 1 2 3 4 5"), "a. b. ");
  EXPECT_EQ(names("NAPTR", "1 2 a b c d."), "d. ");
  EXPECT_EQ(names("A", "192.0.2.1"), "");
  EXPECT_EQ(names("SVCB", "1 a."), "");
  EXPECT_EQ(names("TYPE700", "\\# 2 0161"), "");
}

}  // namespace
}  // namespace tidemark::dns
