#include "core/dataset/table.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "core/base/hash.hpp"

namespace tidemark::dataset {
namespace {

struct Number : Object {
  std::uint64_t key;
  std::uint64_t value;
};

struct NumberTraits {
  using Key = std::uint64_t;
  static std::uint64_t hash(Key key, std::uint64_t seed) noexcept {
    std::array<std::uint8_t, 8> octets{};
    base::store_u64(octets.data(), key);
    return base::xxh3_64(octets, seed);
  }
  static Key key(const Number& number) noexcept { return number.key; }
  static bool equal(const Number& number, Key key) noexcept { return number.key == key; }
};
using NumberTable = Table<Number, NumberTraits>;

constexpr std::uint64_t seed = 7;

Number* make(Store& store, std::uint64_t key, std::uint64_t value) {
  auto* number = store.allocate<Number>(sizeof(Number));
  number->key = key;
  number->value = value;
  return number;
}

std::set<const void*> chunks_of(const NumberTable& table) {
  std::set<const void*> chunks;
  table.for_each_chunk([&](const void* chunk) { chunks.insert(chunk); });
  return chunks;
}

TEST(Table, FindsWhatWasPutAndNothingElse) {
  Store store;
  store.begin();
  NumberTable table;
  constexpr std::uint64_t count = 200'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSERT_EQ(table.put(store, seed, make(store, i, i * 3)), nullptr);
  }
  ASSERT_EQ(table.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Number* found = table.find(i, seed);
    ASSERT_NE(found, nullptr) << i;
    ASSERT_EQ(found->value, i * 3);
  }
  for (std::uint64_t i = count; i < count + 1000; ++i) ASSERT_EQ(table.find(i, seed), nullptr);
  store.commit();
}

TEST(Table, BehavesLikeAMapUnderMixedEdits) {
  Store store;
  NumberTable table;
  std::map<std::uint64_t, std::uint64_t> model;
  std::uint64_t state = 42;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u; };
  for (int generation = 0; generation < 400; ++generation) {
    store.begin();
    for (int edit = 0; edit < 50; ++edit) {
      const std::uint64_t key = (next() >> 33) % 3000;
      if ((next() >> 40) % 3 == 0) {
        Number* gone = table.remove(store, seed, key);
        ASSERT_EQ(gone != nullptr, model.erase(key) == 1);
        if (gone != nullptr) store.retire(gone);
      } else {
        const std::uint64_t value = next();
        Number* old = table.put(store, seed, make(store, key, value));
        ASSERT_EQ(old != nullptr, model.contains(key));
        if (old != nullptr) store.retire(old);
        model[key] = value;
      }
    }
    store.commit();
    store.release(store.generation() - 1);
  }
  std::map<std::uint64_t, std::uint64_t> seen;
  table.for_each([&](const Number& number) { seen[number.key] = number.value; });
  EXPECT_EQ(seen, model);
  EXPECT_EQ(table.size(), model.size());
}

TEST(Table, AChangeCopiesAFewChunksAndSharesTheRest) {
  Store store;
  store.begin();
  NumberTable table;
  for (std::uint64_t i = 0; i < 100'000; ++i) table.put(store, seed, make(store, i, i));
  store.commit();
  const NumberTable before = table;
  const auto old_chunks = chunks_of(before);
  store.begin();
  store.retire(table.put(store, seed, make(store, 4711, 0)));
  store.commit();
  std::size_t fresh = 0;
  for (const void* chunk : chunks_of(table)) fresh += old_chunks.contains(chunk) ? 0 : 1;
  EXPECT_LE(fresh, 3u);
  EXPECT_EQ(before.find(4711, seed)->value, 4711u);
  EXPECT_EQ(table.find(4711, seed)->value, 0u);
}

TEST(Table, ColdKeysThatShareTheirFirstHashBitsStillFit) {
  struct SameTop {
    using Key = std::uint64_t;
    static std::uint64_t hash(Key key, std::uint64_t) noexcept {
      return 0xabcdef0000000000u | (key << 16) | (key & 0xffff);
    }
    static Key key(const Number& number) noexcept { return number.key; }
    static bool equal(const Number& number, Key key) noexcept { return number.key == key; }
  };
  Store store;
  store.begin();
  Table<Number, SameTop> table;
  for (std::uint64_t i = 0; i < 5000; ++i) table.put(store, seed, make(store, i, i));
  store.commit();
  for (std::uint64_t i = 0; i < 5000; ++i) ASSERT_NE(table.find(i, seed), nullptr) << i;
}

}  // namespace
}  // namespace tidemark::dataset
