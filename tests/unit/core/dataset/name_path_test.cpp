#include "core/dataset/name_path.hpp"

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace tidemark::dataset {
namespace {

constexpr HashSeed seed{0x5eed};

dns::Name name(const std::string& text) { return *dns::Name::parse(text); }

TEST(NamePath, TheHashOfAnEndIsThatOfTheNameItself) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += std::string(1, static_cast<char>('a' + i % 26)) + (i % 3 == 0 ? "." : "-x.");
    const dns::Name whole = name(text);
    const NamePath path(whole, seed);
    ASSERT_EQ(path.labels(), whole.view().label_count());
    for (std::size_t labels = 0; labels <= path.labels(); ++labels) {
      const dns::NameView end = path.end(labels);
      ASSERT_EQ(end.label_count(), labels);
      ASSERT_EQ(path.hash(labels), name_hash(end, seed)) << end.to_text();
    }
  }
}

TEST(NamePath, LabelsOfEveryLengthCount) {
  std::set<std::uint64_t> hashes;
  for (std::size_t octets = 1; octets <= dns::label_octets_max; ++octets) {
    for (std::size_t other = 0; other < octets; ++other) {
      std::string label(octets, 'a');
      label[other] = 'b';
      EXPECT_TRUE(hashes.insert(name_hash(name(label + ".test."), seed)).second) << label;
    }
  }
}

TEST(NamePath, WhereTheLabelsEndCounts) {
  EXPECT_NE(name_hash(name("ab.c.test."), seed), name_hash(name("a.bc.test."), seed));
  EXPECT_NE(name_hash(name("ab.c.test."), seed), name_hash(name("c.ab.test."), seed));
  EXPECT_NE(name_hash(name("a.test."), seed), name_hash(name("a.test."), HashSeed(1)));
  EXPECT_EQ(NamePath(name("x.test."), seed).wildcard_below(name_hash(name("test."), seed)),
            name_hash(name("*.test."), seed));
}

// Both ends of the hash choose places in tables; names that differ little must not share them.
TEST(NamePath, NumberedNamesSpreadEvenly) {
  for (const std::string& rest : {std::string(".bench.test."), std::string("-host.bench.test.")}) {
    std::array<int, 256> high{}, low{};
    constexpr int count = 65'536;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t hash = name_hash(name("h" + std::to_string(i) + rest), seed);
      ++high[hash >> 56];
      ++low[hash & 255];
    }
    // 256 a place are expected, with a standard deviation of 16.
    for (const auto& places : {high, low}) {
      for (const int names : places) {
        EXPECT_GT(names, 256 - 7 * 16);
        EXPECT_LT(names, 256 + 7 * 16);
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::dataset
