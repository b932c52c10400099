#include "core/dns/types.hpp"

#include <gtest/gtest.h>

namespace tidemark::dns {
namespace {

TEST(RrType, IsReadInAnyCaseAndByNumber) {
  EXPECT_EQ(rr_type_from_text("AAAA"), RrType::Aaaa);
  EXPECT_EQ(rr_type_from_text("nsec3param"), RrType::Nsec3param);
  EXPECT_EQ(rr_type_from_text("TYPE28"), RrType::Aaaa);
  EXPECT_EQ(rr_type_from_text("type65400"), RrType::Pool);
  EXPECT_EQ(rr_type_from_text("TYPE65536"), std::nullopt);
  EXPECT_EQ(rr_type_from_text("TYPE"), std::nullopt);
  EXPECT_EQ(rr_type_from_text("TYPE-1"), std::nullopt);
  EXPECT_EQ(rr_type_from_text(""), std::nullopt);
  EXPECT_EQ(rr_type_from_text("AA"), std::nullopt);
}

TEST(RrType, OfEveryCodeIsReadAsItIsWritten) {
  for (unsigned code = 0; code <= 65535; ++code) {
    const auto type = static_cast<RrType>(code);
    ASSERT_EQ(rr_type_from_text(to_text(type)), type) << code;
  }
  EXPECT_EQ(to_text(static_cast<RrType>(65280)), "TYPE65280");
}

TEST(RrType, OfQuestionsIsNotStored) {
  for (const unsigned code :
       {0u, 41u, 128u, 200u, 249u, 250u, 251u, 252u, 253u, 254u, 255u, 65535u}) {
    EXPECT_FALSE(is_storable(static_cast<RrType>(code))) << code;
  }
  for (const unsigned code : {1u, 3u, 40u, 42u, 127u, 256u, 65400u, 65534u}) {
    EXPECT_TRUE(is_storable(static_cast<RrType>(code))) << code;
  }
}

// RFC 1982 section 3.2, at the borders and where it leaves the order undefined.
TEST(Serial, ComparesOnACircle) {
  EXPECT_TRUE(serial_after(Serial(1), Serial(0)));
  EXPECT_TRUE(serial_after(Serial(0), Serial(0xffffffff)));
  EXPECT_TRUE(serial_after(Serial(0x7fffffff), Serial(0)));
  EXPECT_FALSE(serial_after(Serial(0x80000000), Serial(0)));
  EXPECT_FALSE(serial_after(Serial(0), Serial(0x80000000)));
  EXPECT_FALSE(serial_after(Serial(7), Serial(7)));
}

TEST(Rcode, HasItsName) {
  EXPECT_EQ(to_text(Rcode::BadCookie), "BADCOOKIE");
  EXPECT_EQ(to_text(static_cast<Rcode>(11)), "RCODE11");
}

}  // namespace
}  // namespace tidemark::dns
