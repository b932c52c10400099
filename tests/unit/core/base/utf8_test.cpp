#include "core/base/utf8.hpp"

#include <gtest/gtest.h>

namespace tidemark::base {
namespace {

TEST(Utf8, KnowsWholeSequences) {
  for (const std::string_view text :
       {"", "plain", "M\xc3\xbcnchen", "\xe2\x82\xac", "\xf0\x9f\x8c\x8a"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(with_utf8_only(text), text);
  }
}

TEST(Utf8, RefusesWhatIsCutOverlongSurrogateOrTooHigh) {
  for (const std::string_view text : {"M\xfcnchen", "\xc3", "\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_utf8(with_utf8_only(text)));
  }
  EXPECT_EQ(with_utf8_only("M\xfcnchen"), "M\xef\xbf\xbdnchen");
}

}  // namespace
}  // namespace tidemark::base
