#include "core/dns/text_form.hpp"

#include <gtest/gtest.h>

#include "core/dns/address_text.hpp"
#include "core/dns/encodings.hpp"

namespace tidemark::dns {
namespace {

std::string ipv6(std::string_view text) {
  const auto octets = ipv6_from_text(text);
  if (!octets) return "refused";
  std::string out;
  append_ipv6(out, *octets);
  return out;
}

TEST(Seconds, HaveUnits) {
  EXPECT_EQ(parse_seconds("300"), 300u);
  EXPECT_EQ(parse_seconds("1h30m"), 5400u);
  EXPECT_EQ(parse_seconds("1W2d3H4m5S"), 604800u + 172800 + 10800 + 240 + 5);
  EXPECT_EQ(parse_seconds("1m30"), 90u);
  EXPECT_EQ(parse_seconds("4294967295"), 4294967295u);
  EXPECT_EQ(parse_seconds("4294967296"), std::nullopt);
  EXPECT_EQ(parse_seconds("9999w"), std::nullopt);
  EXPECT_EQ(parse_seconds("h"), std::nullopt);
  EXPECT_EQ(parse_seconds("1hh"), std::nullopt);
  EXPECT_EQ(parse_seconds("1y"), std::nullopt);
  EXPECT_EQ(parse_seconds(""), std::nullopt);
  EXPECT_EQ(parse_seconds("-1"), std::nullopt);
}

TEST(Escapes, AreResolved) {
  EXPECT_EQ(unescape_all("a\\\"b\\065\\\\").value(), "a\"bA\\");
  EXPECT_EQ(unescape_all("\\0651").value(), "A1");
  EXPECT_FALSE(unescape_all("\\"));
  EXPECT_FALSE(unescape_all("\\999"));
  EXPECT_FALSE(unescape_all("a\"b"));
}

TEST(FinalDot, IsNotAnEscapedOne) {
  EXPECT_TRUE(ends_in_dot("a."));
  EXPECT_TRUE(ends_in_dot("."));
  EXPECT_TRUE(ends_in_dot("a\\\\."));
  EXPECT_FALSE(ends_in_dot("a\\."));
  EXPECT_FALSE(ends_in_dot("\\."));
  EXPECT_FALSE(ends_in_dot("a"));
  EXPECT_FALSE(ends_in_dot(""));
}

TEST(Ipv4, IsFourNumbersWithoutLeadingZeros) {
  EXPECT_EQ(ipv4_from_text("192.0.2.255"), (Ipv4Octets{192, 0, 2, 255}));
  EXPECT_TRUE(ipv4_from_text("0.0.0.0"));
  for (const char* wrong : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1..2.3",
                            "01.2.3.4", "1.2.3.4 ", "1.2.3.-4", "0x1.2.3.4"}) {
    EXPECT_FALSE(ipv4_from_text(wrong)) << wrong;
  }
}

// RFC 4291 section 2.2 for reading, 5952 section 4 for writing.
TEST(Ipv6, IsWrittenInOneWay) {
  EXPECT_EQ(ipv6("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(ipv6("::"), "::");
  EXPECT_EQ(ipv6("::1"), "::1");
  EXPECT_EQ(ipv6("1::"), "1::");
  EXPECT_EQ(ipv6("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(ipv6("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(ipv6("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(ipv6("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
  EXPECT_EQ(ipv6("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
  EXPECT_EQ(ipv6("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(ipv6("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
}

TEST(Ipv6, RefusesWhatIsNone) {
  for (const char* wrong :
       {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1::2",
        "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "1.2.3.4", "::1.2.3",
        ":1:2::", "1:", "::1:", "1:2:3:4::5:6:7:8", "fe80::1%eth0"}) {
    EXPECT_EQ(ipv6(wrong), "refused") << wrong;
  }
}

TEST(Base64, TakesTheOneRightForm) {
  std::string text;
  append_base64(text, base::as_bytes("foob"));
  EXPECT_EQ(text, "Zm9vYg==");
  EXPECT_EQ(base::as_text(from_base64("Zm9vYg==").value()), "foob");
  EXPECT_EQ(base::as_text(from_base64("Zm9v").value()), "foo");
  for (const char* wrong : {"Zm9vYg", "Zm9vYg=", "Zm9vYh==", "Zm9=", "Z===", "====", "Zm9v Yg==",
                            "Zm9vYg==Zm9v", "Zm-_"}) {
    EXPECT_FALSE(from_base64(wrong)) << wrong;
  }
}

TEST(Base32Hex, IsReadInAnyCaseWithoutPadding) {
  std::string text;
  append_base32hex(text, base::as_bytes("foobar"));
  EXPECT_EQ(text, "cpnmuoj1e8");
  EXPECT_EQ(base::as_text(from_base32hex("CPNMUOJ1e8").value()), "foobar");
  for (const char* wrong : {"cpnmuoj1e8======", "c", "cpnmuoj1e9", "w0"}) {
    EXPECT_FALSE(from_base32hex(wrong)) << wrong;
  }
}

TEST(Hex, IsReadInAnyCase) {
  EXPECT_EQ(from_hex("00fFa0"), (base::Bytes{0, 255, 160}));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

}  // namespace
}  // namespace tidemark::dns
