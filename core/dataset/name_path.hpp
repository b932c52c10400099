// NamePath: every end of one name, and the hashes by which tables are searched for them.
//
// The hash of a name follows from its parent's and its own first label. So one pass from the root
// gives the hashes of all ancestors, and a walk down needs a few ns a label. Names with more than
// hashed_labels_max labels are hashed that far; what lies deeper is hashed when it is asked for.
//
// Requires  The name it was made of outlives it.
// Cost      About 8 ns for three labels; no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/keyed_mix.hpp"
#include "core/dataset/version.hpp"
#include "core/dns/name.hpp"

namespace tidemark::dataset {

class NamePath {
 public:
  static constexpr std::size_t hashed_labels_max = 12;

  NamePath() noexcept {}  // looks at nothing until set()
  NamePath(dns::NameView name, HashSeed seed) noexcept { set(name, seed); }

  void set(dns::NameView name, HashSeed seed) noexcept {
    wire_ = name.wire();
    key_ = key_of(seed);
    labels_ = 0;
    for (std::size_t at = 0; wire_[at] != 0; at += wire_[at] + std::size_t{1}) {
      starts_[labels_++] = static_cast<std::uint8_t>(at);
    }
    hashes_[0] = root_of(seed);
    const std::size_t hashed = std::min(labels_, hashed_labels_max);
    for (std::size_t i = 1; i <= hashed; ++i) hashes_[i] = below(hashes_[i - 1], i);
  }

  std::size_t labels() const noexcept { return labels_; }
  dns::NameView end(std::size_t labels) const noexcept {
    const std::size_t start = labels == 0 ? wire_.size() - 1 : starts_[labels_ - labels];
    return dns::NameView::trusted(wire_.subspan(start));
  }
  std::uint64_t hash(std::size_t labels) const noexcept {
    if (labels <= hashed_labels_max) return hashes_[labels];
    std::uint64_t hash = hashes_[hashed_labels_max];
    for (std::size_t i = hashed_labels_max + 1; i <= labels; ++i) hash = below(hash, i);
    return hash;
  }
  // Of the end with `labels` labels, if `above` is the hash of its parent.
  std::uint64_t below(std::uint64_t above, std::size_t labels) const noexcept {
    const std::size_t start = starts_[labels_ - labels];
    return base::keyed_mix(wire_.subspan(start, wire_[start] + std::size_t{1}), above, key_);
  }
  // Of "*" below a name with the hash `above`.
  std::uint64_t wildcard_below(std::uint64_t above) const noexcept {
    constexpr std::array<std::uint8_t, 2> star{1, '*'};
    return base::keyed_mix(star, above, key_);
  }

 private:
  static std::uint64_t key_of(HashSeed seed) noexcept {
    return base::fold_product(seed.value() ^ 0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu);
  }
  static std::uint64_t root_of(HashSeed seed) noexcept {
    return base::fold_product(seed.value() ^ 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u);
  }

  base::ByteView wire_;
  std::uint64_t key_;
  std::size_t labels_;
  std::array<std::uint64_t, hashed_labels_max + 1> hashes_;
  std::array<std::uint8_t, dns::labels_max + 1> starts_;
};

// The hash of the whole name.
inline std::uint64_t name_hash(dns::NameView name, HashSeed seed) noexcept {
  return NamePath(name, seed).hash(name.label_count());
}

}  // namespace tidemark::dataset
