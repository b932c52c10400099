#include "core/base/sip_hash.hpp"

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

SipKey counting_key() {
  SipKey key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}

// The paper's appendix A, and the first vectors of its authors' vectors.h.
TEST(SipHash, GivesTheVectorsOfItsAuthors) {
  Bytes message;
  EXPECT_EQ(sip_hash_2_4(counting_key(), message), 0x726fdb47dd0e0e31u);
  message.push_back(0);
  EXPECT_EQ(sip_hash_2_4(counting_key(), message), 0x74f839c593dc67fdu);
  for (std::uint8_t i = 1; i < 15; ++i) message.push_back(i);
  EXPECT_EQ(sip_hash_2_4(counting_key(), message), 0xa129ca6149be45e5u);
}

TEST(SipHash, EveryOctetAndTheLengthCount) {
  Bytes message(20, 7);
  const std::uint64_t hash = sip_hash_2_4(counting_key(), message);
  for (auto& octet : message) {
    octet ^= 1;
    EXPECT_NE(sip_hash_2_4(counting_key(), message), hash);
    octet ^= 1;
  }
  message.push_back(0);
  EXPECT_NE(sip_hash_2_4(counting_key(), message), hash);
}

TEST(EqualInConstantTime, IsEquality) {
  const Bytes one{1, 2, 3};
  EXPECT_TRUE(equal_in_constant_time(one, Bytes{1, 2, 3}));
  EXPECT_FALSE(equal_in_constant_time(one, Bytes{1, 2, 4}));
  EXPECT_FALSE(equal_in_constant_time(one, Bytes{0, 2, 3}));
  EXPECT_FALSE(equal_in_constant_time(one, Bytes{1, 2}));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

}  // namespace
}  // namespace tidemark::base
