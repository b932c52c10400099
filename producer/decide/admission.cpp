#include "producer/decide/admission.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace tidemark::producer {
namespace {

bool has(std::span<const dns::RrType> types, dns::RrType type) {
  return std::ranges::find(types, type) != types.end();
}

// What may stand beside a CNAME (RFC 2181 section 10.1).
bool stands_beside_cname(dns::RrType type) {
  return type == dns::RrType::Cname || type == dns::RrType::Rrsig || type == dns::RrType::Nsec;
}

bool needs_signed_zone(dns::RrType type) {
  return type == dns::RrType::Rrsig || type == dns::RrType::Nsec || type == dns::RrType::Nsec3 ||
         type == dns::RrType::Nsec3param;
}

void check_apex(const dns::Name& apex, std::span<const dns::RrType> types, Problems& problems) {
  if (!has(types, dns::RrType::Soa)) {
    problems.add({fold::Reason::MissingSoa, "the apex has no SOA", apex, dns::RrType::Soa});
  }
  if (!has(types, dns::RrType::Ns)) {
    problems.add({fold::Reason::MissingNs, "the apex has no NS", apex, dns::RrType::Ns});
  }
}

using TypesByOwner = std::unordered_map<std::string_view, std::vector<dns::RrType>>;

// Whichever stands higher decides: below a cut nothing of the zone is seen, so nothing is hidden.
void check_below_dname(dns::NameView zone, const TypesByOwner& names, const dns::Rrset& rrset,
                       Problems& problems) {
  std::optional<dns::Name> dname;
  for (dns::NameView at = rrset.owner; at != zone;) {
    at = at.parent();
    const auto found = names.find(base::as_text(at.wire()));
    if (found == names.end()) continue;
    if (has(found->second, dns::RrType::Dname)) {
      dname = dns::Name(at);
    } else if (at != zone && has(found->second, dns::RrType::Ns)) {
      dname.reset();
    }
  }
  if (!dname) return;
  problems.add({fold::Reason::BelowDname, "is hidden by the DNAME at " + dname->to_text(),
                rrset.owner, rrset.type});
}

void check_cname(dns::NameView zone, const dns::Name& owner, std::span<const dns::RrType> types,
                 Problems& problems) {
  if (!has(types, dns::RrType::Cname)) return;
  if (owner.view() == zone) {
    problems.add({fold::Reason::CnameAndOther, "a CNAME cannot stand at the apex", owner,
                  dns::RrType::Cname});
    return;
  }
  for (const dns::RrType type : types) {
    if (stands_beside_cname(type)) continue;
    problems.add({fold::Reason::CnameAndOther, "stands beside a CNAME", owner, type});
  }
}

void check_cut(dns::NameView zone, const dns::Name& owner, std::span<const dns::RrType> types,
               Problems& problems) {
  const bool apex = owner.view() == zone;
  const bool ns = has(types, dns::RrType::Ns), ds = has(types, dns::RrType::Ds),
             dname = has(types, dns::RrType::Dname);
  if (dname && ns && !apex) {
    problems.add({fold::Reason::DnameRule, "stands at a delegation", owner, dns::RrType::Dname});
  }
  if (ds && (apex || !ns)) {
    problems.add({fold::Reason::DsRule, apex ? "stands at the apex" : "stands without NS", owner,
                  dns::RrType::Ds});
  }
  if (owner.view().is_wildcard() && (ns || dname || ds)) {
    problems.add({fold::Reason::WildcardRule, "a wildcard owns no NS, DNAME or DS", owner});
  }
}

}  // namespace

void check_rrset(dns::NameView zone, std::uint32_t ttl_seconds_ceiling, const dns::Rrset& rrset,
                 Problems& problems) {
  const auto add = [&](fold::Reason rule, std::string message) {
    problems.add({rule, std::move(message), rrset.owner, rrset.type});
  };
  if (!rrset.owner.view().is_at_or_below(zone)) {
    add(fold::Reason::OutOfZone, "is not in the zone " + zone.to_text());
    return;
  }
  if (rrset.rdata.empty()) {
    add(fold::Reason::Malformed, "has no record: to withdraw an RRset, delete it");
    return;
  }
  if (rrset.ttl.value() > ttl_seconds_ceiling) {
    add(fold::Reason::TtlTooHigh, "TTL " + std::to_string(rrset.ttl.value()) +
                                      " is above the zone's ceiling of " +
                                      std::to_string(ttl_seconds_ceiling) + " seconds");
  }
  if (needs_signed_zone(rrset.type)) {
    add(fold::Reason::TypeNotAllowed, "signed zones are not supported yet");
  }
  if (const auto sound = dns::check_canonical(rrset); !sound) {
    add(sound.error().code == base::Errc::TooLarge ? fold::Reason::LimitExceeded
                                                   : fold::Reason::NotCanonical,
        sound.error().trail);
  }
}

void check_types(dns::NameView zone, const dns::Name& owner, std::span<const dns::RrType> types,
                 Problems& problems) {
  if (owner.view() == zone) {
    check_apex(owner, types, problems);
  } else if (has(types, dns::RrType::Soa)) {
    problems.add(
        {fold::Reason::SoaOffApex, "a SOA stands at the apex only", owner, dns::RrType::Soa});
  }
  if (types.size() > dns::types_per_name_max) {
    problems.add({fold::Reason::LimitExceeded, "more than 100 types at one name", owner});
  }
  check_cname(zone, owner, types, problems);
  check_cut(zone, owner, types, problems);
  if (has(types, dns::RrType::Pool) &&
      (has(types, dns::RrType::A) || has(types, dns::RrType::Aaaa))) {
    problems.add({fold::Reason::PoolRule, "POOL and addresses at one name: delete one of them",
                  owner, dns::RrType::Pool});
  }
}

void check_zone(dns::NameView zone, std::uint32_t ttl_seconds_ceiling,
                const std::vector<dns::Rrset>& rrsets, Problems& problems) {
  TypesByOwner names;
  names.reserve(rrsets.size());
  bool any_dname = false;
  for (const dns::Rrset& rrset : rrsets) {
    check_rrset(zone, ttl_seconds_ceiling, rrset, problems);
    auto& types = names[base::as_text(rrset.owner.wire())];
    if (has(types, rrset.type)) {
      problems.add({fold::Reason::Malformed, "is given twice", rrset.owner, rrset.type});
    } else {
      types.push_back(rrset.type);
    }
    any_dname = any_dname || rrset.type == dns::RrType::Dname;
  }
  if (!names.contains(base::as_text(zone.wire()))) check_apex(dns::Name(zone), {}, problems);
  for (const dns::Rrset& rrset : rrsets) {
    if (!rrset.owner.view().is_at_or_below(zone)) continue;
    const auto types = names.find(base::as_text(rrset.owner.wire()));
    if (types->second.front() == rrset.type) {  // once a name
      check_types(zone, rrset.owner, types->second, problems);
    }
    if (any_dname) check_below_dname(zone, names, rrset, problems);
  }
}

}  // namespace tidemark::producer
