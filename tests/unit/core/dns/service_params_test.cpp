// The test vectors of RFC 9460 appendix D, and the rules that they leave out.
#include <gtest/gtest.h>

#include "core/base/hash.hpp"
#include "core/dns/encodings.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {
namespace {

std::string wire(std::string_view text) {
  const auto rdata = rdata_from_text(RrType::Svcb, text, Name::root());
  return rdata ? base::to_hex(*rdata) : "error: " + rdata.error().trail;
}
std::string text(std::string_view text) {
  const auto rdata = rdata_from_text(RrType::Svcb, text, Name::root());
  return rdata ? rdata_to_text(RrType::Svcb, *rdata) : "error: " + rdata.error().trail;
}
// Of the parameters in hexadecimal, behind priority 1 and the target ".".
std::string checked(std::string_view params) {
  const auto octets = from_hex("000100" + std::string(params)).value();
  const auto rdata = canonical_rdata(RrType::Svcb, octets);
  return rdata ? "sound" : rdata.error().trail;
}

const std::string foo_example_com = "03666f6f076578616d706c6503636f6d00";
const std::string foo_example_org = "03666f6f076578616d706c65036f726700";

TEST(ServiceParams, AreThoseOfTheRfcsVectors) {
  EXPECT_EQ(wire("0 foo.example.com."), "0000" + foo_example_com);
  EXPECT_EQ(wire("1 ."), "000100");
  EXPECT_EQ(wire("16 foo.example.com. port=53"), "0010" + foo_example_com + "000300020035");
  EXPECT_EQ(wire("1 foo.example.com. key667=hello"),
            "0001" + foo_example_com + "029b000568656c6c6f");
  EXPECT_EQ(wire("1 foo.example.com. key667=\"hello\\210qoo\""),
            "0001" + foo_example_com + "029b000968656c6c6fd2716f6f");
  EXPECT_EQ(wire("1 foo.example.com. ( ipv6hint=\"2001:db8::1,2001:db8::53:1\" )"),
            "0001" + foo_example_com +
                "00060020"
                "20010db8000000000000000000000001"
                "20010db8000000000000000000530001");
  EXPECT_EQ(wire("1 example.com. ( ipv6hint=\"2001:db8:122:344::192.0.2.33\" )"),
            "0001076578616d706c6503636f6d00"
            "00060010"
            "20010db80122034400000000c0000221");
  EXPECT_EQ(
      wire("16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )"),
      "0010" + foo_example_org +
          "0000000400010004"
          "000100090268320568332d3139"
          "00040004c0000201");
}

TEST(ServiceParams, EscapeACommaInsideAnIdTwice) {
  const std::string expected = "0010" + foo_example_org +
                               "0001000c08665c6f6f2c62617202"
                               "6832";
  EXPECT_EQ(wire("16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""), expected);
  EXPECT_EQ(wire("16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2"), expected);
  EXPECT_EQ(text("16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2"),
            "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"");
}

TEST(ServiceParams, AreRefusedLikeInTheRfcsFailureCases) {
  EXPECT_EQ(text("1 . key123=abc key123=def"),
            "error: SVCB: parameters: keys that do not ascend, or a key twice");
  for (const char* key : {"mandatory", "alpn", "port", "ipv4hint", "ipv6hint"}) {
    EXPECT_EQ(text("1 . " + std::string(key)).substr(0, 6), "error:") << key;
  }
  EXPECT_EQ(text("1 . alpn=h2 no-default-alpn=abc"),
            "error: SVCB: parameters: no-default-alpn: takes no value");
  EXPECT_EQ(text("1 . mandatory=key123"),
            "error: SVCB: parameters: key123 is mandatory, but not there");
  EXPECT_EQ(text("1 . mandatory=mandatory"),
            "error: SVCB: parameters: mandatory: mandatory names itself");
  EXPECT_EQ(text("1 . mandatory=key123,key123 key123=abc"),
            "error: SVCB: parameters: mandatory: keys that do not ascend");
}

TEST(ServiceParams, AreSortedAndWrittenInOneWay) {
  EXPECT_EQ(text("1 . port=\"443\" no-default-alpn key667=\"x y\" alpn=h2,h3 ech=AEj+DQ== "
                 "dohpath=/q{?dns} ipv4hint=192.0.2.1,192.0.2.2"),
            "1 . alpn=\"h2,h3\" no-default-alpn port=443 ipv4hint=192.0.2.1,192.0.2.2 "
            "ech=AEj+DQ== dohpath=\"/q{?dns}\" key667=\"x y\"");
  EXPECT_EQ(text("1 . key667="), "1 . key667");
  EXPECT_EQ(text("1 . key4=192.0.2.1"), "1 . ipv4hint=192.0.2.1");
}

TEST(ServiceParams, NeedAnAlpnBesideNoDefaultAlpn) {
  EXPECT_EQ(text("1 . no-default-alpn"), "error: SVCB: parameters: no-default-alpn without alpn");
}

TEST(ServiceParams, HaveNoPlaceInAliasMode) {
  EXPECT_EQ(text("0 . alpn=h2"), "error: SVCB: parameters in AliasMode (priority 0)");
}

TEST(ServiceParams, OfUnknownNamesAreRefused) {
  EXPECT_EQ(text("1 . alpm=h2"), "error: SVCB: parameters: not a key: alpm");
  EXPECT_EQ(text("1 . key65535=x"), "error: SVCB: parameters: not a key: key65535");
  EXPECT_EQ(text("1 . key01=h2"), "error: SVCB: parameters: not a key: key01");
  EXPECT_EQ(text("1 . alpn=\"h2\"x"), "error: SVCB: parameters: text behind a closing quote");
}

// The 16-bit wrap of NSD's length sum: a value may claim more than there is.
TEST(ServiceParams, NeverReachBehindTheirRdata) {
  EXPECT_EQ(checked("029bffff41"), "SVCB: parameters: cut short");
  EXPECT_EQ(checked("029b"), "SVCB: parameters: cut short");
  EXPECT_EQ(checked("029b0001"), "SVCB: parameters: cut short");
  EXPECT_EQ(checked("029b000141"), "sound");
}

TEST(ServiceParams, OnTheWireAreChecked) {
  EXPECT_EQ(checked("ffff0000"), "SVCB: parameters: key65535: key 65535 is invalid");
  EXPECT_EQ(checked("00030002003500010003026832"),
            "SVCB: parameters: keys that do not ascend, or a key twice");
  EXPECT_EQ(checked("0001000100"), "SVCB: parameters: alpn: a protocol id cut short");
  EXPECT_EQ(checked("000100020541"), "SVCB: parameters: alpn: a protocol id cut short");
  EXPECT_EQ(checked("00010000"), "SVCB: parameters: alpn: no protocol id");
  EXPECT_EQ(checked("0003000135"), "SVCB: parameters: port: not 2 octets");
  EXPECT_EQ(checked("00040003c00002"), "SVCB: parameters: ipv4hint: not a list of addresses");
  EXPECT_EQ(checked("00060000"), "SVCB: parameters: ipv6hint: not a list of addresses");
  EXPECT_EQ(checked("00050000"), "SVCB: parameters: ech: empty");
  EXPECT_EQ(checked("0000000100"), "SVCB: parameters: mandatory: not a list of keys");
}

}  // namespace
}  // namespace tidemark::dns
