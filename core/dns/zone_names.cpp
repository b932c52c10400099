#include "core/dns/zone_names.hpp"

#include <algorithm>

#include "core/dns/canonical_order.hpp"

namespace tidemark::dns {

const Rrset* ZoneName::find(RrType type) const noexcept {
  for (const Rrset* rrset : rrsets) {
    if (rrset->type == type) return rrset;
  }
  return nullptr;
}

ZoneNames::ZoneNames(NameView origin, const std::vector<Rrset>& rrsets) : origin_(origin) {
  std::vector<OwnerAndType> keys;
  keys.reserve(rrsets.size());
  for (const Rrset& rrset : rrsets) keys.push_back({rrset.owner, rrset.type});
  for (const std::size_t at : canonical_order(keys)) {
    const Rrset& rrset = rrsets[at];
    if (names_.empty() || names_.back().owner != rrset.owner) {
      index_.emplace(base::as_text(rrset.owner.wire()), names_.size());
      names_.push_back({rrset.owner, {}});
    }
    names_.back().rrsets.push_back(&rrset);
    if (rrset.type != RrType::Ns) continue;
    for (const base::Bytes& rdata : rrset.rdata) ns_targets_.insert(base::as_text(rdata));
  }
}

const ZoneName* ZoneNames::find(NameView owner) const {
  const auto found = index_.find(base::as_text(owner.wire()));
  return found == index_.end() ? nullptr : &names_[found->second];
}

bool ZoneNames::is_ns_target(NameView name) const {
  return ns_targets_.contains(base::as_text(name.wire()));
}

// What lies below a name follows it in canonical order.
bool ZoneNames::exists(NameView name) const {
  const auto next = std::ranges::lower_bound(names_, name, {}, &ZoneName::owner);
  return next != names_.end() && next->owner.is_at_or_below(name);
}

bool ZoneNames::is_answered(NameView name) const {
  for (NameView above = name; above != origin_; above = above.parent()) {
    const ZoneName* found = find(above);
    if (found == nullptr) continue;
    if (found->has(RrType::Ns) || (above != name && found->has(RrType::Dname))) return true;
  }
  const ZoneName* apex = find(origin_);
  if (name != origin_ && apex != nullptr && apex->has(RrType::Dname)) return true;
  if (exists(name)) return true;
  NameView encloser = name;
  while (encloser != origin_ && !exists(encloser)) encloser = encloser.parent();
  const auto wildcard = Name(encloser).child("*");
  return wildcard && exists(*wildcard);
}

}  // namespace tidemark::dns
