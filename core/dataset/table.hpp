// Table: a persistent hash table from keys to objects of a Store.
//
// Extendible hashing under a radix root: inner chunks of 256 children (8 hash bits a level, several
// neighbours may share a child), leaf chunks of 4 to 510 slots. A change copies one leaf and the
// inner chunks above it, about 8 KiB at any size; there is no global rehash. A leaf splits at load
// 3/4, so a table of any size costs 11-22 octets a slot. Small tables are one small leaf.
//
// A slot is 16 hash bits and a 48-bit address. Within a leaf a slot stands at or after the place
// that its 16 bits name; removal rebuilds the leaf, so there are no tombstones.
//
// Table is two words of state (the root); the same root may be part of many Datasets. TableTraits
// of the entry type T: `Key`, `hash(const T&)`, `hash(Key)` come from the caller's seed.
//
// Invariants  Chunks of an older generation are never modified. At most one entry a key.
// Threads     find, for_each: any thread on a finished Dataset. put, remove: the open edit.
// Cost        find: 1-3 chunk reads and the entry. put, remove: O(levels) chunk copies.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "core/base/check.hpp"
#include "core/dataset/store.hpp"

namespace tidemark::dataset {

struct Chunk : Object {
  std::uint16_t count;     // leaf: slots in use
  std::uint16_t capacity;  // leaf: slots; inner: 0
  std::uint32_t depth;     // leaf: hash bits of the inner chunk above that all its slots share
  // They follow the chunk in memory. A leaf has slots, an inner chunk has children.
  std::uint64_t* slots() noexcept {
    return static_cast<std::uint64_t*>(static_cast<void*>(this + 1));
  }
  const std::uint64_t* slots() const noexcept {
    return static_cast<const std::uint64_t*>(static_cast<const void*>(this + 1));
  }
  Chunk** children() noexcept { return static_cast<Chunk**>(static_cast<void*>(this + 1)); }
  Chunk* const* children() const noexcept {
    return static_cast<Chunk* const*>(static_cast<const void*>(this + 1));
  }
};

class TableChunks {  // what does not depend on the entry type
 public:
  static constexpr std::uint32_t level_bits = 8;
  static constexpr std::uint32_t fanout = 1u << level_bits;
  static constexpr std::uint16_t leaf_slots_min = 4, leaf_slots_max = 510;

  static Chunk* make_leaf(Store& store, std::uint16_t capacity, std::uint32_t depth);
  static Chunk* make_inner(Store& store, Chunk* child);
  static Chunk* copy(Store& store, Chunk* chunk);  // retires `chunk`
  static void insert_slot(Chunk& leaf, std::uint64_t slot) noexcept;
  static std::uint16_t fit(std::uint32_t count) noexcept;  // capacity for `count` slots

  static std::uint64_t slot_of(std::uint64_t hash, const void* entry) noexcept {
    return (hash << 48) | std::bit_cast<std::uint64_t>(entry);
  }
  template <class T>
  static T* entry_of(std::uint64_t slot) noexcept {
    return std::bit_cast<T*>(slot & 0xffffffffffffULL);
  }
  static std::uint16_t tag_of(std::uint64_t slot) noexcept {
    return static_cast<std::uint16_t>(slot >> 48);
  }
  static std::uint32_t home(std::uint16_t tag, std::uint16_t capacity) noexcept {
    return (std::uint32_t{tag} * capacity) >> 16;
  }
  static Chunk* child_of(const Chunk& inner, std::uint32_t index) noexcept {
    return inner.children()[index];
  }
  static std::uint32_t index_at(std::uint64_t hash, std::uint32_t level) noexcept {
    return static_cast<std::uint32_t>(hash >> (64 - level_bits * (level + 1))) & (fanout - 1);
  }
};

// Traits: using Key; static std::uint64_t hash(Key, seed); static Key key(const T&); static bool
// equal(const T&, Key).
template <class T, class Traits>
class Table : TableChunks {
 public:
  using Key = typename Traits::Key;

  std::size_t size() const noexcept { return size_; }

  T* find(Key key, std::uint64_t seed) const noexcept {
    const std::uint64_t hash = Traits::hash(key, seed);
    const Chunk* chunk = root_;
    for (std::uint32_t level = 0; chunk != nullptr; ++level) {
      if (chunk->capacity != 0) return find_in_leaf(*chunk, hash, key);
      chunk = child_of(*chunk, index_at(hash, level));
    }
    return nullptr;
  }

  // Adds `entry`, or replaces the entry of the same key and returns the old one.
  T* put(Store& store, std::uint64_t seed, T* entry) {
    const std::uint64_t hash = Traits::hash(Traits::key(*entry), seed);
    if (root_ == nullptr) root_ = make_leaf(store, leaf_slots_min, 0);
    return put_below(store, seed, &root_, nullptr, 0, 0, hash, entry);
  }

  // Takes out the entry of `key` and returns it, or null.
  T* remove(Store& store, std::uint64_t seed, Key key) {
    if (find(key, seed) == nullptr) return nullptr;
    const std::uint64_t hash = Traits::hash(key, seed);
    Chunk** place = &root_;
    Chunk* inner = nullptr;
    std::uint32_t level = 0, index = 0;
    while ((*place)->capacity == 0) {
      inner = own(store, place, inner, index);
      index = index_at(hash, level++);
      place = &inner->children()[index];
    }
    --size_;
    return remove_from_leaf(store, place, inner, index, hash, key);
  }

  // In no particular order: never let anything that leaves the process depend on it.
  template <class Visit>
  void for_each(Visit&& visit) const {
    if (root_ != nullptr) visit_chunk(*root_, visit);
  }

  // Retires every chunk and hands every entry to `gone`.
  template <class Gone>
  void clear(Store& store, Gone&& gone) {
    for_each([&](T& entry) { gone(&entry); });
    if (root_ != nullptr) retire_chunks(store, root_);
    root_ = nullptr;
    size_ = 0;
  }

  // For the sharing law: calls visit(const void*) for every chunk.
  template <class Visit>
  void for_each_chunk(Visit&& visit) const {
    if (root_ != nullptr) visit_chunks_of(*root_, visit);
  }

 private:
  static T* find_in_leaf(const Chunk& leaf, std::uint64_t hash, Key key) noexcept {
    const auto tag = static_cast<std::uint16_t>(hash);
    std::uint32_t at = home(tag, leaf.capacity);
    for (std::uint32_t seen = 0; seen < leaf.capacity; ++seen) {
      const std::uint64_t slot = leaf.slots()[at];
      if (slot == 0) return nullptr;
      if (tag_of(slot) == tag && Traits::equal(*entry_of<T>(slot), key)) return entry_of<T>(slot);
      if (++at == leaf.capacity) at = 0;
    }
    return nullptr;
  }

  // The chunk at *place, made in this edit; a shared child is replaced at all its places.
  Chunk* own(Store& store, Chunk** place, Chunk* inner, std::uint32_t index) {
    Chunk* chunk = *place;
    if (store.is_fresh(chunk)) return chunk;
    Chunk* mine = copy(store, chunk);
    replace(place, inner, index, chunk, mine);
    return mine;
  }

  static void replace(Chunk** place, Chunk* inner, std::uint32_t index, const Chunk* old,
                      Chunk* mine) {
    if (inner == nullptr) {
      *place = mine;
      return;
    }
    const std::uint32_t span = old->capacity == 0 ? 1 : fanout >> old->depth;
    const std::uint32_t first = index & ~(span - 1);
    for (std::uint32_t i = first; i < first + span; ++i) {
      inner->children()[i] = mine;
    }
  }

  T* put_below(Store& store, std::uint64_t seed, Chunk** place, Chunk* inner, std::uint32_t index,
               std::uint32_t level, std::uint64_t hash, T* entry) {
    while ((*place)->capacity == 0) {
      inner = own(store, place, inner, index);
      index = index_at(hash, level++);
      place = &inner->children()[index];
    }
    Chunk* leaf = *place;
    if (T* old = find_in_leaf(*leaf, hash, Traits::key(*entry))) {
      leaf = own(store, place, inner, index);
      overwrite(*leaf, slot_of(hash, old), slot_of(hash, entry));
      return old;
    }
    if ((leaf->count + 1u) * 4 > leaf->capacity * 3u) {
      if (leaf->capacity == leaf_slots_max) {
        split(store, seed, place, inner, index, level);
        // One level further down when an inner chunk was put in the leaf's place.
        return put_below(store, seed, inner == nullptr ? &root_ : place, inner, index, level, hash,
                         entry);
      }
      leaf = regrow(store, place, inner, index);
    } else {
      leaf = own(store, place, inner, index);
    }
    insert_slot(*leaf, slot_of(hash, entry));
    ++size_;
    return nullptr;
  }

  Chunk* regrow(Store& store, Chunk** place, Chunk* inner, std::uint32_t index) {
    Chunk* old = *place;
    Chunk* grown = make_leaf(store, fit(old->count + 1u), old->depth);
    for (std::uint32_t i = 0; i < old->capacity; ++i) {
      if (old->slots()[i] != 0) insert_slot(*grown, old->slots()[i]);
    }
    replace(place, inner, index, old, grown);
    store.retire(old);
    return grown;
  }

  // Splits the full leaf at *place by one more hash bit; a leaf that is alone in its place gets an
  // inner chunk of its own first.
  void split(Store& store, std::uint64_t seed, Chunk** place, Chunk* inner, std::uint32_t index,
             std::uint32_t level) {
    Chunk* full = *place;
    if (inner == nullptr || full->depth == level_bits) {
      TIDEMARK_CHECK(level < 64 / level_bits, "hash bits suffice to tell entries apart");
      Chunk* moved = make_leaf(store, full->capacity, 0);
      for (std::uint32_t i = 0; i < full->capacity; ++i) {
        if (full->slots()[i] != 0) insert_slot(*moved, full->slots()[i]);
      }
      Chunk* below = make_inner(store, moved);
      replace(place, inner, index, full, below);
      store.retire(full);
      return;
    }
    const std::uint32_t depth = full->depth + 1;
    const std::uint32_t shift = 64 - level_bits * (level - 1) - depth;
    Chunk* half[2] = {make_leaf(store, fit(full->count * 5u / 8u), depth),
                      make_leaf(store, fit(full->count * 5u / 8u), depth)};
    distribute(store, seed, *full, half, shift);
    const std::uint32_t span = fanout >> depth;
    const std::uint32_t first = index & ~(2 * span - 1);
    for (std::uint32_t i = 0; i < 2 * span; ++i) {
      inner->children()[first + i] = half[i / span];
    }
    store.retire(full);
  }

  void distribute(Store& store, std::uint64_t seed, const Chunk& full, Chunk* (&half)[2],
                  std::uint32_t shift) {
    for (std::uint32_t i = 0; i < full.capacity; ++i) {
      const std::uint64_t slot = full.slots()[i];
      if (slot == 0) continue;
      const std::uint64_t hash = Traits::hash(Traits::key(*entry_of<T>(slot)), seed);
      Chunk*& into = half[(hash >> shift) & 1];
      if (into->count + 1u > into->capacity) {  // an uneven split
        Chunk* wider = make_leaf(store, leaf_slots_max, into->depth);
        for (std::uint32_t j = 0; j < into->capacity; ++j) {
          if (into->slots()[j] != 0) insert_slot(*wider, into->slots()[j]);
        }
        store.retire(into);
        into = wider;
      }
      insert_slot(*into, slot);
    }
  }

  static void overwrite(Chunk& leaf, std::uint64_t old, std::uint64_t slot) noexcept {
    std::uint32_t at = home(tag_of(old), leaf.capacity);
    while (leaf.slots()[at] != old) {
      if (++at == leaf.capacity) at = 0;
    }
    leaf.slots()[at] = slot;
  }

  T* remove_from_leaf(Store& store, Chunk** place, Chunk* inner, std::uint32_t index,
                      std::uint64_t hash, Key key) {
    Chunk* old = *place;
    T* entry = find_in_leaf(*old, hash, key);
    if (old->count == 1 && inner == nullptr) {
      root_ = nullptr;
      store.retire(old);
      return entry;
    }
    Chunk* rest = make_leaf(store, fit(old->count), old->depth);
    for (std::uint32_t i = 0; i < old->capacity; ++i) {
      const std::uint64_t slot = old->slots()[i];
      if (slot != 0 && entry_of<T>(slot) != entry) insert_slot(*rest, slot);
    }
    replace(place, inner, index, old, rest);
    store.retire(old);
    return entry;
  }

  template <class Visit>
  static void visit_chunk(const Chunk& chunk, Visit& visit) {
    if (chunk.capacity != 0) {
      for (std::uint32_t i = 0; i < chunk.capacity; ++i) {
        if (chunk.slots()[i] != 0) visit(*entry_of<T>(chunk.slots()[i]));
      }
      return;
    }
    for_each_child(chunk, [&](Chunk* child) { visit_chunk(*child, visit); });
  }

  template <class Visit>
  static void visit_chunks_of(const Chunk& chunk, Visit& visit) {
    visit(static_cast<const void*>(&chunk));
    if (chunk.capacity == 0) {
      for_each_child(chunk, [&](Chunk* child) { visit_chunks_of(*child, visit); });
    }
  }

  static void retire_chunks(Store& store, Chunk* chunk) {
    if (chunk->capacity == 0) {
      for_each_child(*chunk, [&](Chunk* child) { retire_chunks(store, child); });
    }
    store.retire(chunk);
  }

  template <class Visit>
  static void for_each_child(const Chunk& inner, Visit&& visit) {
    Chunk* last = nullptr;
    for (std::uint32_t i = 0; i < fanout; ++i) {
      Chunk* child = child_of(inner, i);
      if (child != last) visit(child);
      last = child;
    }
  }

  Chunk* root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tidemark::dataset
