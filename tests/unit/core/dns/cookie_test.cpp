// The vectors of RFC 9018 appendix A, and one that Knot, NSD and BIND were seen to give.
#include "core/dns/cookie.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace tidemark::dns {
namespace {

using base::Bytes;

Bytes from_hex(std::string_view text) {
  Bytes octets;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
      continue;
    }
    octets.push_back(static_cast<std::uint8_t>(high * 16 + digit));
    high = -1;
  }
  return octets;
}

CookieSecret secret(std::string_view hex) {
  CookieSecret made;
  const Bytes octets = from_hex(hex);
  std::copy(octets.begin(), octets.end(), made.begin());
  return made;
}

CookieSecrets secrets(std::initializer_list<std::string_view> hex) {
  CookieSecrets made;
  for (const auto one : hex) made.secrets[made.count++] = secret(one);
  return made;
}

Bytes bytes_of(const CookieValue& cookie) { return {cookie.begin(), cookie.end()}; }

constexpr std::string_view rfc_secret = "e5e973e5a6b2a43f48e7dc849e37bfcf";
constexpr std::string_view other_secret = "445536bcd2513298075a5d379663c962";
const Bytes address_100 = {198, 51, 100, 100};

TEST(Cookie, A1_LearningANewServerCookie) {
  const Bytes expected = from_hex("2464c4abcf10c957 01000000 5cf79f11 1f8130c3eee29480");
  EXPECT_EQ(bytes_of(mint_cookie(from_hex("2464c4abcf10c957"), address_100, 0x5cf79f11,
                                 secret(rfc_secret))),
            expected);
}

TEST(Cookie, A2_AYoungCookieIsReturnedAsItIsAndAnOlderOneRenewed) {
  const Bytes cookie = from_hex("2464c4abcf10c957 01000000 5cf79f11 1f8130c3eee29480");
  const auto ours = secrets({rfc_secret});
  const auto young = judge_cookie(cookie, address_100, 0x5cf79f11 + 1799, ours);
  EXPECT_TRUE(young.valid);
  EXPECT_EQ(bytes_of(young.reply), cookie);
  // RFC 9018 appendix A.2: 40 minutes later.
  const auto renewed = judge_cookie(cookie, address_100, 0x5cf7a871, ours);
  EXPECT_TRUE(renewed.valid);
  EXPECT_EQ(bytes_of(renewed.reply),
            from_hex("2464c4abcf10c957 01000000 5cf7a871 d4a564a1442aca77"));
  EXPECT_EQ(bytes_of(judge_cookie(cookie, address_100, 0x5cf79f11 + 1800, ours).reply),
            bytes_of(mint_cookie(cookie, address_100, 0x5cf79f11 + 1800, secret(rfc_secret))));
}

TEST(Cookie, A3_ReservedOctetsCountAsReceived) {
  const Bytes cookie = from_hex("fc93fc62807ddb86 01abcdef 5cf78f71 a314227b6679ebf5");
  const auto judged =
      judge_cookie(cookie, Bytes{203, 0, 113, 203}, 0x5cf78f71 + 10, secrets({rfc_secret}));
  EXPECT_TRUE(judged.valid);
  EXPECT_EQ(bytes_of(judged.reply), cookie);
}

TEST(Cookie, A4_Ipv6AndASecretThatWasRolledOver) {
  const Bytes address = from_hex("20010db802200001 59ded0f4876982b8");
  const Bytes expected = from_hex("22681ab97d52c298 01000000 5cf7c609 a6bb79d16625507a");
  EXPECT_EQ(bytes_of(mint_cookie(from_hex("22681ab97d52c298"), address, 0x5cf7c609,
                                 secret(other_secret))),
            expected);
  // By the secret that only verifies: valid, and answered by the one that signs.
  const Bytes old = bytes_of(
      mint_cookie(from_hex("22681ab97d52c298"), address, 0x5cf7c609 - 60, secret(rfc_secret)));
  const auto judged = judge_cookie(old, address, 0x5cf7c609, secrets({other_secret, rfc_secret}));
  EXPECT_TRUE(judged.valid);
  EXPECT_EQ(bytes_of(judged.reply), expected);
}

TEST(Cookie, IsTheSameAsOfKnotNsdAndBind) {
  EXPECT_EQ(bytes_of(mint_cookie(from_hex("3132333435363738"), Bytes{127, 0, 0, 1}, 0x6b0148ac,
                                 secret("000102030405060708090a0b0c0d0e0f"))),
            from_hex("3132333435363738 01000000 6b0148ac 00cda0866db8cac4"));
}

TEST(Cookie, EachBitCounts) {
  const auto ours = secrets({rfc_secret});
  Bytes cookie = from_hex("2464c4abcf10c957 01000000 5cf79f11 1f8130c3eee29480");
  for (auto& octet : cookie) {
    for (int bit = 0; bit < 8; ++bit) {
      octet ^= static_cast<std::uint8_t>(1 << bit);
      EXPECT_FALSE(judge_cookie(cookie, address_100, 0x5cf79f11, ours).valid);
      octet ^= static_cast<std::uint8_t>(1 << bit);
    }
  }
  EXPECT_TRUE(judge_cookie(cookie, address_100, 0x5cf79f11, ours).valid);
  EXPECT_FALSE(judge_cookie(cookie, Bytes{198, 51, 100, 101}, 0x5cf79f11, ours).valid);
  EXPECT_FALSE(judge_cookie(cookie, address_100, 0x5cf79f11, secrets({other_secret})).valid);
}

TEST(Cookie, OtherLengthsAndVersionsAreInvalidAndGetAFreshOne) {
  const auto ours = secrets({rfc_secret});
  const Bytes whole = from_hex("2464c4abcf10c957 01000000 5cf79f11 1f8130c3eee29480");
  const Bytes fresh = bytes_of(mint_cookie(whole, address_100, 0x5cf79f11, secret(rfc_secret)));
  for (const std::size_t octets : {8u, 16u, 23u, 25u, 40u}) {
    Bytes cookie = whole;
    cookie.resize(octets);
    const auto judged = judge_cookie(cookie, address_100, 0x5cf79f11, ours);
    EXPECT_FALSE(judged.valid) << octets;
    EXPECT_EQ(bytes_of(judged.reply), fresh);
  }
}

// Around `now`: what is still and what is no more valid. At the turns of 2038 (i32) and 2106 (u32)
// as at any other second.
TEST(Cookie, TimesAreComparedBySerialArithmeticIn2038And2106) {
  const auto ours = secrets({rfc_secret});
  const Bytes client(8, 1);
  for (const std::uint32_t now : {0x5cf79f11u, 0x80000000u, 0x7fffffffu, 0x80000100u, 0u, 1u, 100u,
                                  3599u, 0xffffffffu, 0xffffff00u}) {
    const auto valid = [&](std::uint32_t timestamp) {
      const CookieValue cookie = mint_cookie(client, address_100, timestamp, ours.secrets[0]);
      return judge_cookie(cookie, address_100, now, ours).valid;
    };
    EXPECT_TRUE(valid(now)) << now;
    EXPECT_TRUE(valid(now - 3600)) << now;
    EXPECT_FALSE(valid(now - 3601)) << now;
    EXPECT_TRUE(valid(now + 300)) << now;
    EXPECT_FALSE(valid(now + 301)) << now;
    EXPECT_FALSE(valid(now + 0x80000000)) << now;
    const CookieValue ahead = mint_cookie(client, address_100, now + 300, ours.secrets[0]);
    EXPECT_EQ(judge_cookie(ahead, address_100, now, ours).reply, ahead) << now;
  }
}

}  // namespace
}  // namespace tidemark::dns
