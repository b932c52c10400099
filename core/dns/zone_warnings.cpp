// What the fold accepts, and somebody should still be told.
#include <algorithm>
#include <utility>

#include "core/dns/rdata.hpp"
#include "core/dns/zone_remarks.hpp"

namespace tidemark::dns {

namespace {

constexpr std::size_t cname_steps_max = 8;  // as many as an answer follows

void for_each_target(const Rrset& rrset, auto&& look_at) {
  for (const base::Bytes& rdata : rrset.rdata) {
    const std::vector<NameView> names = names_in_rdata(rrset.type, rdata);
    if (!names.empty()) look_at(names.back());
  }
}

void warn_of_ns(const ZoneNames& zone, const Rrset& rrset, ZoneRemarks& remarks) {
  const auto owner = [&] { return " (NS at " + rrset.owner.to_text() + ")"; };
  for_each_target(rrset, [&](NameView target) {
    if (!zone.contains(target)) return;
    const ZoneName* found = zone.find(target);
    if (found != nullptr && found->has(RrType::Cname)) {
      remarks.warn(rrset.owner, "NS target " + target.to_text() + " is a CNAME" + owner());
    } else if (found == nullptr || !found->has_address()) {
      remarks.warn(rrset.owner, "NS target " + target.to_text() + " has no address" + owner());
    }
  });
}

// RFC 2181 section 10.3, 7505 section 3.
void warn_of_mx(const ZoneNames& zone, const Rrset& rrset, ZoneRemarks& remarks) {
  for_each_target(rrset, [&](NameView target) {
    if (target.is_root() && rrset.rdata.size() > 1) {
      remarks.warn(rrset.owner, "null MX beside other MX at " + rrset.owner.to_text());
    }
    const ZoneName* found = zone.contains(target) ? zone.find(target) : nullptr;
    if (found != nullptr && found->has(RrType::Cname)) {
      remarks.warn(rrset.owner, "MX target " + target.to_text() + " is a CNAME (MX at " +
                                    rrset.owner.to_text() + ")");
    }
  });
}

// Follows the chain inside the zone. Where it leaves the zone, or after as many steps as an answer
// follows, nothing is known to be wrong.
void warn_of_cname(const ZoneNames& zone, const Rrset& cname, ZoneRemarks& remarks) {
  const Rrset* step = &cname;
  for (std::size_t steps = 0; steps <= cname_steps_max; ++steps) {
    const std::vector<NameView> names = names_in_rdata(RrType::Cname, step->rdata.front());
    if (names.empty() || !zone.contains(names.front())) return;
    const NameView target = names.front();
    if (target == cname.owner.view()) {
      remarks.warn(cname.owner, "CNAME loop at " + cname.owner.to_text());
      return;
    }
    const ZoneName* found = zone.find(target);
    const Rrset* next = found == nullptr ? nullptr : found->find(RrType::Cname);
    if (next == nullptr || next->rdata.empty()) {
      if (step != &cname || zone.is_answered(target)) return;
      remarks.warn(cname.owner, "CNAME at " + cname.owner.to_text() + " points to " +
                                    target.to_text() + ", which does not exist");
      return;
    }
    step = next;
  }
}

void warn_of_dname(const Rrset& rrset, ZoneRemarks& remarks) {
  for_each_target(rrset, [&](NameView target) {
    if (!target.is_at_or_below(rrset.owner)) return;
    remarks.warn(rrset.owner, "DNAME at " + rrset.owner.to_text() + " points to itself or below");
  });
}

// RFC 3403 section 4.1: one of regexp and replacement.
void warn_of_naptr(const Rrset& rrset, ZoneRemarks& remarks) {
  for (const base::Bytes& rdata : rrset.rdata) {
    base::Reader in(rdata);
    bool sound = in.take(4).has_value();
    std::size_t regexp_octets = 0;
    for (int i = 0; i < 3 && sound; ++i) {  // flags, services, regexp
      const auto length = in.take_u8();
      sound = length && in.take(*length);
      regexp_octets = length.value_or(0);
    }
    const bool replacement = sound && in.left() > 1;
    if (regexp_octets > 0 && replacement) {
      remarks.warn(rrset.owner,
                   "NAPTR with both regexp and replacement at " + rrset.owner.to_text());
    }
  }
}

void warn_of_rrset(const ZoneNames& zone, const Rrset& rrset, ZoneRemarks& remarks) {
  if (rrset.rdata.empty()) return;  // refused elsewhere
  const auto owner = [&] { return rrset.owner.to_text(); };
  if (rrset.ttl.value() == 0) {
    remarks.warn(rrset.owner, "TTL 0 at " + owner() + " " + to_text(rrset.type));
  }
  if (rrset.type == RrType::Ns) warn_of_ns(zone, rrset, remarks);
  if (rrset.type == RrType::Mx) warn_of_mx(zone, rrset, remarks);
  if (rrset.type == RrType::Cname) warn_of_cname(zone, rrset, remarks);
  if (rrset.type == RrType::Dname) warn_of_dname(rrset, remarks);
  if (rrset.type == RrType::Naptr) warn_of_naptr(rrset, remarks);
  if (rrset.type == RrType::Zonemd) {
    const bool apex = rrset.owner.view() == zone.origin();
    remarks.warn(rrset.owner, "ZONEMD at " + owner() +
                                  (apex ? " is stale as soon as the zone changes"
                                        : " has no meaning below the apex"));
  }
}

// RFC 952 and 1123 section 2.1, by labels; a wildcard may stand for any host.
bool is_host_name(NameView name) noexcept {
  if (name.is_wildcard()) name = name.parent();
  for (; !name.is_root(); name = name.parent()) {
    const base::ByteView label = name.first_label();
    const bool sound = std::ranges::all_of(label, [](std::uint8_t octet) {
      return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-';
    });
    if (!sound || label.front() == '-' || label.back() == '-') return false;
  }
  return true;
}

bool has_inner_asterisk(NameView name) noexcept {
  while (!name.is_root()) {
    name = name.parent();
    if (name.is_wildcard()) return true;
  }
  return false;
}

void warn_of_owner(const ZoneName& name, ZoneRemarks& remarks) {
  const auto owner = [&] { return name.owner.to_text(); };
  if (has_inner_asterisk(name.owner)) {
    remarks.warn(name.owner,
                 owner() + " has an asterisk that is not its first label" + types_of(name));
  } else if ((name.has_address() || name.has(RrType::Mx)) && !is_host_name(name.owner)) {
    remarks.warn(name.owner, owner() + " is not a host name" + types_of(name));
  }
}

// Types that the parent side of a delegation shows.
bool is_seen_at_cut(RrType type) noexcept {
  return type == RrType::Ns || type == RrType::Ds || type == RrType::Nsec ||
         type == RrType::Rrsig || type == RrType::A || type == RrType::Aaaa;
}

bool may_be_glue(const ZoneName& name) noexcept {
  return std::ranges::all_of(name.rrsets, [](const Rrset* rrset) {
    return rrset->type == RrType::A || rrset->type == RrType::Aaaa;
  });
}

void warn_of_hidden(const ZoneNames& zone, const ZoneName& name, const Hiding& hiding,
                    ZoneRemarks& remarks) {
  const auto owner = [&] { return name.owner.to_text(); };
  if (hiding.cut != nullptr) {
    if (may_be_glue(name) && zone.is_ns_target(name.owner)) return;
    remarks.warn(name.owner, owner() + " is hidden by the delegation at " +
                                 hiding.cut->owner.to_text() + types_of(name));
    return;
  }
  if (!zone.is_cut(name)) return;
  for (const Rrset* rrset : name.rrsets) {
    if (is_seen_at_cut(rrset->type)) continue;
    remarks.warn(name.owner,
                 owner() + " " + to_text(rrset->type) + " is hidden by the delegation there");
  }
}

}  // namespace

void warn_of_name(const ZoneNames& zone, const ZoneName& name, const Hiding& hiding,
                  ZoneRemarks& remarks) {
  warn_of_hidden(zone, name, hiding, remarks);
  if (hiding.cut != nullptr) return;  // nobody will see the rest
  warn_of_owner(name, remarks);
  for (const Rrset* rrset : name.rrsets) warn_of_rrset(zone, *rrset, remarks);
}

}  // namespace tidemark::dns
