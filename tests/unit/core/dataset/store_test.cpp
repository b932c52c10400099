#include "core/dataset/store.hpp"

#include <gtest/gtest.h>

namespace tidemark::dataset {
namespace {

struct Block : Object {
  int value;
};

TEST(Store, AnAbandonedEditLeavesNoMemoryBehind) {
  Store store;
  store.begin();
  store.allocate<Block>(64);
  store.commit();
  const std::size_t before = store.octets_in_use();
  store.begin();
  for (int i = 0; i < 100; ++i) store.allocate<Block>(64);
  store.abandon();
  EXPECT_EQ(store.octets_in_use(), before);
}

TEST(Store, AnObjectLivesAsLongAsAGenerationThatSeesIt) {
  Store store;
  store.begin();  // 1: born
  auto* block = store.allocate<Block>(64);
  store.commit();
  store.begin();  // 2: still there
  store.commit();
  store.begin();  // 3: replaced
  store.retire(block);
  store.commit();
  const std::size_t full = store.octets_in_use();
  store.release(1);
  store.collect();
  EXPECT_EQ(store.octets_in_use(), full) << "generation 2 still sees it";
  store.release(2);
  store.collect();
  EXPECT_EQ(store.octets_in_use(), full - 64);
}

TEST(Store, AnOldPinDoesNotKeepWhatItNeverSaw) {
  Store store;
  store.begin();
  store.commit();  // 1: pinned for ever
  Block* last = nullptr;
  std::size_t first_use = 0;
  for (int i = 0; i < 1000; ++i) {
    store.begin();
    if (last != nullptr) store.retire(last);
    last = store.allocate<Block>(64);
    store.commit();
    if (i > 0) store.release(store.generation() - 1);
    if (i == 10) first_use = store.octets_in_use();
  }
  store.collect();
  EXPECT_LE(store.octets_in_use(), first_use);
}

TEST(Store, CellsDestroyTheirContentOnce) {
  static int destroyed;
  destroyed = 0;
  const auto count = [](const void*) { ++destroyed; };
  {
    Store store;
    store.begin();
    Cell* cell = store.allocate_cell(count, nullptr);
    store.allocate_cell(count, nullptr);
    store.commit();
    store.begin();
    store.retire(cell);
    store.commit();
    EXPECT_EQ(destroyed, 0);
    store.release(1);
    store.begin();
    EXPECT_EQ(destroyed, 1);
    store.allocate_cell(count, nullptr);
    store.abandon();
    EXPECT_EQ(destroyed, 2);
  }
  EXPECT_EQ(destroyed, 3);
}

}  // namespace
}  // namespace tidemark::dataset
