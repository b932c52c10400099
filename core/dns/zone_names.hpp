// The names of a zone with their RRsets, in canonical order: what the rules of a zone look at.
//
// Requires  The RRsets outlive it.
#pragma once

#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"

namespace tidemark::dns {

struct ZoneName {
  NameView owner;
  std::vector<const Rrset*> rrsets;  // in order of type

  const Rrset* find(RrType type) const noexcept;
  bool has(RrType type) const noexcept { return find(type) != nullptr; }
  bool has_address() const noexcept {
    return has(RrType::A) || has(RrType::Aaaa) || has(RrType::Pool);
  }
};

class ZoneNames {
 public:
  ZoneNames(NameView origin, const std::vector<Rrset>& rrsets);

  NameView origin() const noexcept { return origin_; }
  std::span<const ZoneName> all() const noexcept { return names_; }
  const ZoneName* find(NameView owner) const;
  bool contains(NameView name) const noexcept { return name.is_at_or_below(origin_); }
  bool is_cut(const ZoneName& name) const noexcept {
    return name.owner != origin_ && name.has(RrType::Ns);
  }
  bool is_ns_target(NameView name) const;  // some NS of the zone names it: its addresses are glue
  // A query for `name`, which lies in the zone, finds an RRset, an empty non-terminal, a wildcard,
  // a delegation or a DNAME: anything but NXDOMAIN.
  bool is_answered(NameView name) const;

 private:
  bool exists(NameView name) const;  // owns an RRset, or something below it does

  NameView origin_;
  std::vector<ZoneName> names_;
  std::unordered_map<std::string_view, std::size_t> index_;  // by wire form
  std::unordered_set<std::string_view> ns_targets_;
};

}  // namespace tidemark::dns
