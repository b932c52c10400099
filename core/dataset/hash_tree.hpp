// The state hash as a tree, for whoever looks for the place where two Datasets differ.
//
//   state hash
//     groups 0 to 255 of zones (by name)      their zones: hash of each
//       a zone                                its buckets 0 to 4095 (by owner): sum of each
//         a bucket                            its RRsets: leaf of each
//     zones under construction                likewise
//     entries                                 pools, overrides, settings of zones, cookie salts
//
// Everything is computed on demand; only content decides it, so two nodes agree.
//
// Threads  Any; a Dataset is a value.
// Cost     groups: O(zones). buckets, bucket: O(RRsets of the zone), below 0.3 us each.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/base/u128.hpp"
#include "core/dataset/dataset.hpp"

namespace tidemark::dataset {

constexpr std::uint32_t zone_groups = 256;

std::uint32_t group_of(dns::NameView zone) noexcept;
std::array<base::U128, zone_groups> group_hashes(const Dataset& dataset);
std::vector<Zone> zones_of_group(const Dataset& dataset, std::uint32_t group);
base::U128 constructions_hash(const Dataset& dataset);
std::vector<base::U128> bucket_hashes(const Zone& zone);  // bucket_count of them

struct RrsetLeaf {
  dns::Rrset rrset;
  base::U128 hash;
};
std::vector<RrsetLeaf> leaves_of_bucket(const Zone& zone, std::uint32_t bucket);  // sorted

struct EntryLeaf {
  std::string kind;  // "pool", "override", "settings", "cookies"
  std::string name;  // of the pool; "pool endpoint"; of the zone; empty
  base::U128 hash;
  friend bool operator==(const EntryLeaf&, const EntryLeaf&) = default;
};
std::vector<EntryLeaf> entry_leaves(const Dataset& dataset);

// One place where two Datasets differ; what is absent has no words.
struct Difference {
  std::string kind;  // "rrset", "zone", or that of an EntryLeaf
  std::string zone, name, type;
  std::string left, right;  // values in presentation form, or hashes
};
// "rrset www.example. A of zone example.: 300 192.0.2.1 / 300 192.0.2.2"
std::string to_text(const Difference& difference);
// The first `places_max` in canonical order; none: equal content.
std::vector<Difference> find_differences(const Dataset& left, const Dataset& right,
                                         std::size_t places_max);
// "300 192.0.2.1, 192.0.2.2": TTL and the records.
std::string value_text(const dns::Rrset& rrset);

}  // namespace tidemark::dataset
