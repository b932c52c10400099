// Table: a persistent hash table from keys to objects of a Store.
//
// Extendible hashing under a radix root: inner chunks of 256 children (8 hash bits a level, several
// neighbours may share a child), leaf chunks of 4 to 510 slots. A change copies one leaf and the
// inner chunks above it, about 8 KiB at any size; there is no global rehash. A leaf splits at load
// 3/4, so a table of any size costs 11-22 octets a slot. Small tables are one small leaf.
//
// A slot is 16 hash bits and a 48-bit address. Within a leaf a slot stands at or after the place
// that its 16 bits name; removal rebuilds the leaf, so there are no tombstones. A link to a child
// is its address and its capacity: a search touches no more of a leaf than the slots that it wants.
//
// Table is two words of state (the root); the same root may be part of many Datasets. TableTraits
// of the entry type T: `Key`, `hash(const T&)`, `hash(Key)` come from the caller's seed.
//
// A search can go in steps, so that several searches wait for memory together: prefetch_link() asks
// for the way, probe() finds the place, whose slots its prefetch() asks for, prefetch_entry() asks
// for the entry that stands there, find() compares.
//
// Invariants  Chunks of an older generation are never modified. At most one entry a key.
// Threads     find, for_each: any thread on a finished Dataset. put, remove: the open edit.
// Cost        find: 1-3 chunk reads and the entry. put, remove: O(levels) chunk copies.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "core/base/check.hpp"
#include "core/dataset/probe.hpp"
#include "core/dataset/store.hpp"

namespace tidemark::dataset {

struct Chunk : Object {
  std::uint16_t count;     // leaf: slots in use
  std::uint16_t capacity;  // leaf: slots; inner: 0
  std::uint32_t depth;     // leaf: hash bits of the inner chunk above that all its slots share
  // They follow the chunk in memory. A leaf has slots, an inner chunk has links to its children.
  std::uint64_t* slots() noexcept {
    return static_cast<std::uint64_t*>(static_cast<void*>(this + 1));
  }
  const std::uint64_t* slots() const noexcept {
    return static_cast<const std::uint64_t*>(static_cast<const void*>(this + 1));
  }
  std::uint64_t* links() noexcept { return slots(); }
  const std::uint64_t* links() const noexcept { return slots(); }
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
  // Of the chunk that a link leads to: its address, and its slots, 0 if it is an inner one.
  static std::uint64_t link_to(Chunk* chunk) noexcept {
    return std::bit_cast<std::uint64_t>(chunk) | std::uint64_t{chunk->capacity} << 48;
  }
  static Chunk* chunk_of(std::uint64_t link) noexcept { return entry_of<Chunk>(link); }
  static std::uint16_t capacity_of(std::uint64_t link) noexcept { return tag_of(link); }

  static std::uint16_t tag_of(std::uint64_t slot) noexcept {
    return static_cast<std::uint16_t>(slot >> 48);
  }
  static std::uint32_t home(std::uint16_t tag, std::uint16_t capacity) noexcept {
    return (std::uint32_t{tag} * capacity) >> 16;
  }
  static TableProbe probe_leaf(const Chunk& leaf, std::uint16_t capacity,
                               std::uint64_t hash) noexcept {
    const auto tag = static_cast<std::uint16_t>(hash);
    return {leaf.slots(), home(tag, capacity), capacity, tag};
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
    return find(probe(Traits::hash(key, seed)), key);
  }

  // Ahead of probe(): asks for the link to the leaf. Of large tables only.
  void prefetch_link(std::uint64_t hash) const noexcept {
    if (root_ == 0 || capacity_of(root_) != 0) return;
    const std::uint64_t link = chunk_of(root_)->links()[index_at(hash, 0)];
    if (capacity_of(link) == 0) base::prefetch(&chunk_of(link)->links()[index_at(hash, 1)]);
  }
  TableProbe probe(std::uint64_t hash) const noexcept {
    std::uint64_t link = root_;
    if (link == 0) return {};
    for (std::uint32_t level = 0; capacity_of(link) == 0; ++level) {
      link = chunk_of(link)->links()[index_at(hash, level)];
    }
    return probe_leaf(*chunk_of(link), capacity_of(link), hash);
  }
  static void prefetch_entry(const TableProbe& probe) noexcept {
    std::uint32_t at = probe.home;
    for (std::uint32_t seen = 0; seen < probe.capacity; ++seen) {
      const std::uint64_t slot = probe.slots[at];
      if (slot == 0) return;
      if (tag_of(slot) == probe.tag) return prefetch(entry_of<const std::uint8_t>(slot));
      if (++at == probe.capacity) at = 0;
    }
  }
  static T* find(const TableProbe& probe, Key key) noexcept {
    std::uint32_t at = probe.home;
    for (std::uint32_t seen = 0; seen < probe.capacity; ++seen) {
      const std::uint64_t slot = probe.slots[at];
      if (slot == 0) return nullptr;
      if (tag_of(slot) == probe.tag && Traits::equal(*entry_of<T>(slot), key)) {
        return entry_of<T>(slot);
      }
      if (++at == probe.capacity) at = 0;
    }
    return nullptr;
  }

  // The same entries, as the same objects.
  bool is_same_as(const Table& other) const noexcept { return root_ == other.root_; }

  // Adds `entry`, or replaces the entry of the same key and returns the old one.
  T* put(Store& store, std::uint64_t seed, T* entry) {
    return put(store, seed, Traits::hash(Traits::key(*entry), seed), entry);
  }
  // Requires `hash` to be that of the entry's key.
  T* put(Store& store, std::uint64_t seed, std::uint64_t hash, T* entry) {
    if (root_ == 0) root_ = link_to(make_leaf(store, leaf_slots_min, 0));
    return put_below(store, seed, {&root_, nullptr, 0}, 0, hash, entry);
  }

  // Takes out the entry of `key` and returns it, or null.
  T* remove(Store& store, std::uint64_t seed, Key key) {
    const std::uint64_t hash = Traits::hash(key, seed);
    T* entry = find(probe(hash), key);
    if (entry == nullptr) return nullptr;
    std::uint32_t level = 0;
    const Place place = descend(store, {&root_, nullptr, 0}, level, hash);
    --size_;
    remove_from_leaf(store, place, entry);
    return entry;
  }

  // In no particular order: never let anything that leaves the process depend on it.
  template <class Visit>
  void for_each(Visit&& visit) const {
    if (root_ != 0) visit_chunk(*chunk_of(root_), visit);
  }

  // Retires every chunk and hands every entry to `gone`.
  template <class Gone>
  void clear(Store& store, Gone&& gone) {
    for_each([&](T& entry) { gone(&entry); });
    if (root_ != 0) retire_chunks(store, chunk_of(root_));
    root_ = 0;
    size_ = 0;
  }

  // For the sharing law: calls visit(const void*) for every chunk.
  template <class Visit>
  void for_each_chunk(Visit&& visit) const {
    if (root_ != 0) visit_chunks_of(*chunk_of(root_), visit);
  }

 private:
  // Where a link stands: in the Table itself, or in an inner chunk of the open edit.
  struct Place {
    std::uint64_t* link;
    Chunk* inner;
    std::uint32_t index;
    Chunk* chunk() const noexcept { return chunk_of(*link); }
  };

  // The chunk at `place`, made in this edit; a shared child is replaced at all its places.
  static Chunk* own(Store& store, const Place& place) {
    Chunk* chunk = place.chunk();
    if (store.is_fresh(chunk)) return chunk;
    Chunk* mine = copy(store, chunk);
    replace(place, chunk, mine);
    return mine;
  }

  static void replace(const Place& place, const Chunk* old, Chunk* mine) {
    const std::uint64_t link = link_to(mine);
    if (place.inner == nullptr) {
      *place.link = link;
      return;
    }
    const std::uint32_t span = old->capacity == 0 ? 1 : fanout >> old->depth;
    const std::uint32_t first = place.index & ~(span - 1);
    for (std::uint32_t i = first; i < first + span; ++i) place.inner->links()[i] = link;
  }

  // Down to the leaf; the inner chunks on the way are the edit's own afterwards.
  static Place descend(Store& store, Place place, std::uint32_t& level, std::uint64_t hash) {
    while (capacity_of(*place.link) == 0) {
      Chunk* inner = own(store, place);
      const std::uint32_t index = index_at(hash, level++);
      place = {&inner->links()[index], inner, index};
    }
    return place;
  }

  T* put_below(Store& store, std::uint64_t seed, Place place, std::uint32_t level,
               std::uint64_t hash, T* entry) {
    place = descend(store, place, level, hash);
    Chunk* leaf = place.chunk();
    if (T* old = find(probe_leaf(*leaf, leaf->capacity, hash), Traits::key(*entry))) {
      overwrite(*own(store, place), slot_of(hash, old), slot_of(hash, entry));
      return old;
    }
    if ((leaf->count + 1u) * 4 > leaf->capacity * 3u) {
      if (leaf->capacity == leaf_slots_max) {
        split(store, seed, place, level);
        // One level further down when an inner chunk was put in the leaf's place.
        return put_below(store, seed, place, level, hash, entry);
      }
      leaf = regrow(store, place);
    } else {
      leaf = own(store, place);
    }
    insert_slot(*leaf, slot_of(hash, entry));
    ++size_;
    return nullptr;
  }

  static Chunk* regrow(Store& store, const Place& place) {
    Chunk* old = place.chunk();
    Chunk* grown = make_leaf(store, fit(old->count + 1u), old->depth);
    for (std::uint32_t i = 0; i < old->capacity; ++i) {
      if (old->slots()[i] != 0) insert_slot(*grown, old->slots()[i]);
    }
    replace(place, old, grown);
    store.retire(old);
    return grown;
  }

  // Splits the full leaf at `place` by one more hash bit; a leaf that is alone in its place gets an
  // inner chunk of its own first.
  void split(Store& store, std::uint64_t seed, const Place& place, std::uint32_t level) {
    Chunk* full = place.chunk();
    if (place.inner == nullptr || full->depth == level_bits) {
      TIDEMARK_CHECK(level < 64 / level_bits, "hash bits suffice to tell entries apart");
      Chunk* moved = make_leaf(store, full->capacity, 0);
      for (std::uint32_t i = 0; i < full->capacity; ++i) {
        if (full->slots()[i] != 0) insert_slot(*moved, full->slots()[i]);
      }
      replace(place, full, make_inner(store, moved));
      store.retire(full);
      return;
    }
    const std::uint32_t depth = full->depth + 1;
    const std::uint32_t shift = 64 - level_bits * (level - 1) - depth;
    Chunk* half[2] = {make_leaf(store, fit(full->count * 5u / 8u), depth),
                      make_leaf(store, fit(full->count * 5u / 8u), depth)};
    distribute(store, seed, *full, half, shift);
    const std::uint32_t span = fanout >> depth;
    const std::uint32_t first = place.index & ~(2 * span - 1);
    for (std::uint32_t i = 0; i < 2 * span; ++i) {
      place.inner->links()[first + i] = link_to(half[i / span]);
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

  void remove_from_leaf(Store& store, const Place& place, const T* entry) {
    Chunk* old = place.chunk();
    if (old->count == 1 && place.inner == nullptr) {
      root_ = 0;
      store.retire(old);
      return;
    }
    Chunk* rest = make_leaf(store, fit(old->count), old->depth);
    for (std::uint32_t i = 0; i < old->capacity; ++i) {
      const std::uint64_t slot = old->slots()[i];
      if (slot != 0 && entry_of<T>(slot) != entry) insert_slot(*rest, slot);
    }
    replace(place, old, rest);
    store.retire(old);
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
    std::uint64_t last = 0;
    for (std::uint32_t i = 0; i < fanout; ++i) {
      const std::uint64_t link = inner.links()[i];
      if (link != last) visit(chunk_of(link));
      last = link;
    }
  }

  std::uint64_t root_ = 0;  // a link; 0: no entry
  std::size_t size_ = 0;
};

}  // namespace tidemark::dataset
