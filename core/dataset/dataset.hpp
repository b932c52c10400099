// Dataset: the immutable, structurally shared value at one Version: zones, names, RRsets, pools,
// overrides.
//
// A Dataset is a handle: copying it leases the generation, the last copy gives it back. An Editor
// makes the next Dataset from the newest one; everything that it does not touch is shared. Zone,
// Node and PoolView are views into a Dataset and live as long as it does.
//
// Each zone has a table of its own: names of a nested zone, its parent's glue and occluded names
// never meet. Zones under construction (large imports) are kept apart and are never found by
// lookups until they are committed.
//
// Invariants  Never modified. state_hash is a function of content: insertion order, batching and
//             HashSeed do not matter.
// Threads     Reading and dropping: any thread. Editing: one thread for all Datasets of a family.
// Cost        A change of one RRset copies its node, the apex node and about 20 KiB of chunks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/u128.hpp"
#include "core/dataset/denial.hpp"
#include "core/dataset/name_path.hpp"
#include "core/dataset/node.hpp"
#include "core/dataset/probe.hpp"
#include "core/dataset/store.hpp"
#include "core/dataset/version.hpp"
#include "core/dns/name.hpp"
#include "core/event/change_set.hpp"
#include "core/event/pool.hpp"

namespace tidemark::dataset {

constexpr std::uint32_t bucket_count = 4096;  // of the state hash, by owner name

struct ZoneSettings {
  std::uint8_t removal_percent_max = 30;
  std::uint32_t removal_rrsets_min = 10;
  std::uint32_t ttl_seconds_ceiling = 604'800;
  std::uint32_t expire_seconds = 0;  // 0: never
  friend bool operator==(const ZoneSettings&, const ZoneSettings&) = default;
};

struct ZoneBlock;  // in contents.hpp
struct PoolEntry;
struct Contents;

class Zone {
 public:
  Zone(const ZoneBlock* block, HashSeed seed) noexcept : block_(block), seed_(seed) {}

  dns::NameView name() const noexcept;
  event::ZoneSeq seq() const noexcept;    // seq of the last accepted ChangeSet that touched it
  dns::Serial serial() const noexcept;    // of its SOA; 0 if it has none yet
  base::U128 hash() const noexcept;       // sum of its leaves
  const Denial* denial() const noexcept;  // null: it has no SOA
  std::uint64_t rrset_count() const noexcept;
  std::uint64_t name_count() const noexcept;  // empty non-terminals included
  std::uint64_t dname_count() const noexcept;
  // No name of this zone has more labels (an upper bound; it falls only when the zone is re-made).
  std::size_t labels_deepest() const noexcept;
  ZoneSettings settings() const noexcept;

  std::optional<Node> find(dns::NameView owner) const noexcept;
  Node apex() const noexcept;
  // The same search in steps, for a name below the apex: way, place, node, comparison. Between them
  // goes other work, while the memory that the next step wants is on its way.
  void prefetch_way(std::uint64_t name_hash) const noexcept;
  TableProbe probe(std::uint64_t name_hash) const noexcept;
  static void prefetch(const TableProbe& probe) noexcept;
  static std::optional<Node> find(const TableProbe& probe, dns::NameView owner) noexcept;
  // No particular order; sorted_nodes() is canonical order (RFC 4034 section 6.1), O(n log n).
  void for_each_node(const std::function<void(const Node&)>& visit) const;
  std::vector<Node> sorted_nodes() const;
  // All RRsets as values: SOA first, then canonical order.
  std::vector<dns::Rrset> rrsets() const;

  const void* identity() const noexcept { return block_; }  // shared or not: for tests
  void for_each_chunk(const std::function<void(const void*)>& visit) const;

 private:
  const ZoneBlock* block_;
  HashSeed seed_;
};

// A pool as answers need it: the records of each family rendered like those of a Node but without
// TTL knowledge: the POOL RRset that refers to it gives the TTL.
class PoolView {
 public:
  explicit PoolView(const PoolEntry* entry) noexcept : entry_(entry) {}
  const event::Pool& pool() const noexcept;
  std::uint32_t slot() const noexcept;        // dense index: place of its mask in a HealthView
  std::uint32_t references() const noexcept;  // POOL RRsets that name it, all zones
  // Bit i: endpoint i has an address of that family / may be answered while it is up (weight > 0).
  std::uint64_t members_v4() const noexcept;
  std::uint64_t members_v6() const noexcept;
  std::uint64_t weighted() const noexcept;
  // Octets of endpoint i's address: 4 or 16.
  base::ByteView address(std::size_t endpoint) const noexcept;

 private:
  const PoolEntry* entry_;
};

class Dataset {
 public:
  // Seq 0: no zones. The start of every fold.
  static Dataset empty(Lineage lineage, HashSeed seed);

  Version version() const noexcept;
  HashSeed hash_seed() const noexcept;  // of NamePaths that are looked for here
  std::size_t zone_count() const noexcept;
  std::uint64_t rrset_count() const noexcept;

  std::optional<Zone> find_zone(dns::NameView apex) const noexcept;
  // The deepest zone whose apex is `name` or an ancestor of it, by whole labels.
  std::optional<Zone> enclosing_zone(dns::NameView name) const noexcept;
  std::optional<Zone> enclosing_zone(const NamePath& name) const noexcept;
  // As before, but strictly above `apex`: the parent side of a hosted zone.
  std::optional<Zone> zone_above(dns::NameView apex) const noexcept;
  std::optional<Zone> find_construction(dns::NameView apex) const noexcept;
  std::vector<Zone> zones() const;          // canonical order of names
  std::vector<Zone> constructions() const;  // likewise

  std::optional<PoolView> find_pool(std::string_view name) const noexcept;
  std::optional<PoolView> find_pool(base::ByteView name) const noexcept;
  std::vector<PoolView> pools() const;             // by name
  std::uint32_t pool_slots() const noexcept;       // every slot() is below it
  std::vector<event::Override> overrides() const;  // by pool, endpoint
  std::optional<event::Override> find_override(std::string_view pool,
                                               std::string_view endpoint) const;

  // The first signs, all verify; none: nobody has asked for cookies.
  const std::vector<event::CookieSalt>& cookie_salts() const noexcept;

  // True if every answer from one is the other's: they differ in zones under construction at most.
  bool serves_as(const Dataset& other) const noexcept;

  base::U128 bucket(std::uint32_t index) const noexcept;  // sum of the leaves in this bucket
  // The state hash from scratch; equal to version().state_hash, else memory or code is broken.
  StateHash recompute_state_hash() const;

  const Store& store() const noexcept { return *lease_->store; }  // sizes, for metrics

 private:
  friend class Editor;
  struct Lease {
    std::shared_ptr<Store> store;
    std::unique_ptr<const Contents> contents;
    Generation generation;
    Lease(std::shared_ptr<Store> s, std::unique_ptr<const Contents> c, Generation g);
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
  };
  explicit Dataset(std::shared_ptr<const Lease> lease) : lease_(std::move(lease)) {}
  std::shared_ptr<const Lease> lease_;
};

}  // namespace tidemark::dataset
