#include "core/dataset/table.hpp"

namespace tidemark::dataset {

Chunk* TableChunks::make_leaf(Store& store, std::uint16_t capacity, std::uint32_t depth) {
  auto* leaf = store.allocate<Chunk>(sizeof(Chunk) + capacity * sizeof(std::uint64_t));
  leaf->count = 0;
  leaf->capacity = capacity;
  leaf->depth = depth;
  std::memset(leaf->slots(), 0, capacity * sizeof(std::uint64_t));
  return leaf;
}

Chunk* TableChunks::make_inner(Store& store, Chunk* child) {
  auto* inner = store.allocate<Chunk>(sizeof(Chunk) + fanout * sizeof(std::uint64_t));
  inner->count = 0;
  inner->capacity = 0;
  inner->depth = 0;
  for (std::uint32_t i = 0; i < fanout; ++i) inner->links()[i] = link_to(child);
  return inner;
}

Chunk* TableChunks::copy(Store& store, Chunk* chunk) {
  const std::size_t slots = chunk->capacity == 0 ? fanout : chunk->capacity;
  auto* mine = store.allocate<Chunk>(sizeof(Chunk) + slots * sizeof(std::uint64_t));
  mine->count = chunk->count;
  mine->capacity = chunk->capacity;
  mine->depth = chunk->depth;
  std::memcpy(mine->slots(), chunk->slots(), slots * sizeof(std::uint64_t));
  store.retire(chunk);
  return mine;
}

void TableChunks::insert_slot(Chunk& leaf, std::uint64_t slot) noexcept {
  std::uint32_t at = home(tag_of(slot), leaf.capacity);
  while (leaf.slots()[at] != 0) {
    if (++at == leaf.capacity) at = 0;
  }
  leaf.slots()[at] = slot;
  ++leaf.count;
}

std::uint16_t TableChunks::fit(std::uint32_t count) noexcept {
  std::uint32_t capacity = leaf_slots_min;
  while (count * 4 > capacity * 3 && capacity < 256) capacity *= 2;
  return static_cast<std::uint16_t>(count * 4 > capacity * 3 ? leaf_slots_max : capacity);
}

}  // namespace tidemark::dataset
