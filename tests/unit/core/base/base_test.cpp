#include <gtest/gtest.h>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/base/strong.hpp"
#include "core/base/u128.hpp"

namespace tidemark::base {
namespace {

TEST(Reader, NeverReadsPastTheEnd) {
  const Bytes bytes{1, 2, 3};
  Reader in(bytes);
  EXPECT_EQ(in.take_u16(), 0x0102);
  EXPECT_FALSE(in.take_u16().has_value());
  EXPECT_EQ(in.position(), 2u) << "a failed take moves nothing";
  EXPECT_EQ(in.take_u8(), 3);
  EXPECT_FALSE(in.take_u8().has_value());
  EXPECT_FALSE(in.take(1).has_value());
  EXPECT_TRUE(in.take(0).has_value());
}

TEST(FixedWriter, StaysOverflowedUntilItIsRewound) {
  std::array<std::uint8_t, 4> room{};
  FixedWriter out(room);
  out.put_u16(0x0102);
  out.put_u32(0x03040506);
  EXPECT_TRUE(out.overflowed());
  out.put_u8(7);
  EXPECT_EQ(out.size(), 2u) << "nothing is written after an overflow";
  out.rewind(2);
  out.put_u8(7);
  EXPECT_FALSE(out.overflowed());
  EXPECT_EQ(room[2], 7);
}

TEST(Writer, WritesNetworkOrder) {
  Writer out;
  out.put_u64(0x0102030405060708u);
  out.patch_u16(2, 0xffff);
  EXPECT_EQ(to_hex(out.view()), "0102ffff05060708");
}

TEST(U128, AddsAndSubtractsWithCarry) {
  U128 value{0, ~std::uint64_t{0}};
  value += U128{0, 1};
  EXPECT_EQ(value, (U128{1, 0}));
  value -= U128{0, 1};
  EXPECT_EQ(value, (U128{0, ~std::uint64_t{0}}));
  value -= U128{1, 0};
  value += U128{1, 0};
  EXPECT_EQ(value, (U128{0, ~std::uint64_t{0}}));
}

TEST(U128, TextIsThirtyTwoHexadecimalDigits) {
  const U128 value{0x0123456789abcdefu, 0xfedcba9876543210u};
  EXPECT_EQ(to_hex(value), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(u128_from_hex(to_hex(value)), value);
  EXPECT_FALSE(u128_from_hex("0123").has_value());
  EXPECT_FALSE(u128_from_hex("0123456789abcdeffedcba987654321G").has_value());
}

// State hashes and chains are compared between machines for ever: these are published vectors.
TEST(Hash, IsTheSameOnEveryMachineForEver) {
  EXPECT_EQ(to_hex(xxh3_128({})), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(to_hex(ByteView(sha256(as_bytes("abc")))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, OfPiecesIsTheHashOfTheWhole) {
  Sha256Stream stream;
  stream.update(as_bytes("a"));
  stream.update(as_bytes("bc"));
  EXPECT_EQ(stream.finish(), sha256(as_bytes("abc")));
}

// RFC 4231, cases 1, 2 and 6.
TEST(Hash, HmacSha256GivesTheVectorsOfItsRfc) {
  EXPECT_EQ(to_hex(ByteView(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There")))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(
      to_hex(ByteView(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")))),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(ByteView(hmac_sha256(
          Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Errc::Invalid, "odd");
  return value / 2;
}
Result<int> quarter(int value) {
  TIDEMARK_TRY(const int once, half(value));
  return half(once);
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().trail, "odd");
  EXPECT_EQ(std::move(quarter(3).error()).at("three").trail, "three: odd");
}

TEST(CheckDeathTest, ABrokenInvariantEndsTheProcessWithItsSentence) {
  EXPECT_DEATH(TIDEMARK_CHECK(1 + 1 == 3, "numbers add up"), "numbers add up");
}

}  // namespace
}  // namespace tidemark::base
