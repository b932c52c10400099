// Contents: the roots of one Dataset. Internal to core/dataset: others read through Dataset.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/hash.hpp"
#include "core/base/u128.hpp"
#include "core/dataset/dataset.hpp"
#include "core/dataset/denial.hpp"
#include "core/dataset/node.hpp"
#include "core/dataset/table.hpp"
#include "core/dns/name.hpp"

namespace tidemark::dataset {

using NodeTable = Table<NodeBlock, NodeTraits>;

struct ZoneBlock : Object {
  NodeTable names;  // all but the apex
  NodeBlock* apex;  // apart: every ChangeSet gives it a new SOA, every search begins there
  Denial* denial;   // null while it has no SOA
  base::U128 hash;
  std::uint64_t seq;
  std::uint64_t rrsets;
  std::uint64_t dnames;
  std::uint32_t serial;
  std::uint32_t labels_deepest;
  ZoneSettings settings;
  std::uint8_t name_octets;
  // Then: the wire name.
  dns::NameView name() const noexcept {
    return dns::NameView::trusted(
        {static_cast<const std::uint8_t*>(static_cast<const void*>(this + 1)), name_octets});
  }
  NodeBlock* find(dns::NameView owner, std::uint64_t seed) const noexcept {
    if (owner.wire().size() > name_octets) return names.find(owner, seed);
    return NodeTraits::equal(*apex, owner) ? apex : nullptr;
  }
  template <class Visit>
  void for_each_node(Visit&& visit) const {
    visit(*apex);
    names.for_each(visit);
  }
};

struct ZoneTraits {
  using Key = dns::NameView;
  static std::uint64_t hash(Key key, std::uint64_t seed) noexcept {
    return NodeTraits::hash(key, seed);
  }
  static Key key(const ZoneBlock& zone) noexcept { return zone.name(); }
  static bool equal(const ZoneBlock& zone, Key key) noexcept {
    return base::as_text(zone.name().wire()) == base::as_text(key.wire());
  }
};
using ZoneTable = Table<ZoneBlock, ZoneTraits>;

struct PoolEntry {
  event::Pool pool;
  std::uint32_t slot;
  std::uint32_t references;
  std::uint64_t members_v4, members_v6, weighted;
};

struct PoolTraits {
  using Key = std::string_view;
  static std::uint64_t hash(Key key, std::uint64_t seed) noexcept {
    return base::xxh3_64(base::as_bytes(key), seed);
  }
  static Key key(const Cell& cell) noexcept {
    return static_cast<const PoolEntry*>(cell.content)->pool.name;
  }
  static bool equal(const Cell& cell, Key key) noexcept { return PoolTraits::key(cell) == key; }
};
using PoolTable = Table<Cell, PoolTraits>;

struct OverrideEntry {
  std::string key;  // pool, a zero octet, endpoint
  event::Override value;
};

struct OverrideTraits {
  using Key = std::string_view;
  static std::uint64_t hash(Key key, std::uint64_t seed) noexcept {
    return PoolTraits::hash(key, seed);
  }
  static Key key(const Cell& cell) noexcept {
    return static_cast<const OverrideEntry*>(cell.content)->key;
  }
  static bool equal(const Cell& cell, Key key) noexcept { return OverrideTraits::key(cell) == key; }
};
using OverrideTable = Table<Cell, OverrideTraits>;
std::string override_key(std::string_view pool, std::string_view endpoint);

constexpr std::uint32_t buckets_per_chunk = 64;
struct BucketChunk : Object {
  std::array<base::U128, buckets_per_chunk> sums;
};

struct Contents {
  explicit Contents(Lineage of, HashSeed with) : lineage(of), seed(with) {}
  Lineage lineage;
  HashSeed seed;
  Seq seq{0};
  base::U128 live_sum, construction_sum, entry_sum;  // leaves; entry: pools, overrides, settings
  std::uint64_t rrsets = 0;
  ZoneTable zones, constructions;
  std::array<std::uint32_t, dns::labels_max + 1> zones_at_depth{};  // live zones by label count
  std::array<std::uint64_t, 2> zone_depths{};  // bit n: there is a live zone with n labels
  PoolTable pools;
  OverrideTable overrides;
  std::uint32_t pool_slots = 0;
  std::shared_ptr<const std::vector<std::uint32_t>> free_slots =
      std::make_shared<const std::vector<std::uint32_t>>();
  std::array<BucketChunk*, bucket_count / buckets_per_chunk> buckets{};  // null: all zero
  std::shared_ptr<const std::vector<event::CookieSalt>> cookie_salts =
      std::make_shared<const std::vector<event::CookieSalt>>();

  StateHash state_hash() const noexcept;
  void count_zone(dns::NameView apex) noexcept;
  void discount_zone(dns::NameView apex) noexcept;
};

// Bucket of a leaf: 12 bits of the unseeded hash of its owner, the same on every node.
std::uint32_t bucket_of(dns::NameView owner) noexcept;
// Octets whose XXH3-128 is the leaf of a pool, an override, a zone's settings.
base::Bytes pool_octets(const event::Pool& pool);
base::Bytes override_octets(const event::Override& value);
base::Bytes cookie_salts_octets(const std::vector<event::CookieSalt>& salts);
base::Bytes settings_octets(dns::NameView zone, const ZoneSettings& settings);

}  // namespace tidemark::dataset
