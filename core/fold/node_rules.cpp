#include "core/fold/node_rules.hpp"

#include <algorithm>
#include <vector>

namespace tidemark::fold {

namespace {

using dataset::Node;
using dataset::Zone;
using dns::RrType;

Rejected reject(Reason reason, std::string detail) { return {reason, std::move(detail)}; }

// Names from just below the apex down to just above `owner`.
std::vector<dns::NameView> names_between(const Zone& zone, dns::NameView owner) {
  std::vector<dns::NameView> between;
  for (dns::NameView name = owner; name != zone.name();) {
    name = name.parent();
    if (name != zone.name()) between.push_back(name);
  }
  std::reverse(between.begin(), between.end());
  return between;
}

bool stands_beside_cname(RrType type) noexcept {
  return type == RrType::Cname || type == RrType::Rrsig || type == RrType::Nsec;
}

std::optional<Rejected> check_alone(const Zone& zone, const Node& node) {
  const std::string owner = node.name().to_text();
  if (node.owns_cname()) {
    if (node.name() == zone.name()) {
      return reject(Reason::CnameAndOther, "CNAME and other data at " + owner + ", the apex");
    }
    for (const dataset::RrsetView rrset : node) {
      if (!stands_beside_cname(rrset.type())) {
        return reject(Reason::CnameAndOther, "CNAME and other data at " + owner);
      }
    }
  }
  if (node.owns_pool() && (node.has(RrType::A) || node.has(RrType::Aaaa))) {
    return reject(Reason::PoolRule, "POOL and addresses at " + owner + ": delete one of them");
  }
  return std::nullopt;
}

std::optional<Rejected> check_types(const Zone& zone, const Node& node) {
  const std::string owner = node.name().to_text();
  const bool is_apex = node.name() == zone.name();
  if (node.rrset_count() > dns::types_per_name_max) {
    return reject(Reason::LimitExceeded, "more than 100 types at " + owner);
  }
  if (!is_apex && node.has(RrType::Soa)) {
    return reject(Reason::SoaOffApex,
                  "SOA at " + owner + ", below the apex of " + zone.name().to_text());
  }
  if (node.owns_dname() && node.owns_ns() && !is_apex) {
    return reject(Reason::DnameRule, "DNAME at delegation " + owner);
  }
  if (node.has(RrType::Ds) && (is_apex || !node.owns_ns())) {
    return reject(Reason::DsRule, "DS at " + owner + (is_apex ? ", the apex" : ", without NS"));
  }
  if (node.name().is_wildcard() && (node.owns_ns() || node.owns_dname() || node.has(RrType::Ds))) {
    return reject(Reason::WildcardRule, "NS, DNAME or DS at wildcard " + owner);
  }
  return std::nullopt;
}

// Nothing exists below a DNAME, unless a cut above both hides them.
std::optional<Rejected> check_below_dname(const Zone& zone, dns::NameView owner) {
  if (zone.dname_count() == 0 || owner == zone.name()) {
    const Node apex = zone.apex();
    if (owner == zone.name() && apex.owns_dname() && apex.children() != 0) {
      return reject(Reason::BelowDname,
                    "names below " + owner.to_text() + " are hidden by the DNAME at its apex");
    }
    return std::nullopt;
  }
  const auto node = zone.find(owner);
  if (!node) return std::nullopt;  // it went away: it is below nothing
  if (zone.apex().owns_dname()) {
    return reject(Reason::BelowDname,
                  owner.to_text() + " is hidden by the DNAME at " + zone.name().to_text());
  }
  for (const dns::NameView above : names_between(zone, owner)) {
    const Node ancestor = *zone.find(above);
    if (ancestor.owns_ns()) return std::nullopt;
    if (ancestor.owns_dname()) {
      return reject(Reason::BelowDname,
                    owner.to_text() + " is hidden by the DNAME at " + above.to_text());
    }
  }
  if (node->owns_dname() && node->children() != 0) {
    return reject(Reason::BelowDname,
                  "names below " + owner.to_text() + " are hidden by its DNAME");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejected> check_node(const Zone& zone, dns::NameView owner) {
  if (const auto node = zone.find(owner)) {
    if (auto broken = check_alone(zone, *node)) return broken;
    if (auto broken = check_types(zone, *node)) return broken;
  }
  return check_below_dname(zone, owner);
}

std::optional<Rejected> check_apex(const Zone& zone) {
  const Node apex = zone.apex();
  if (!apex.has(RrType::Soa)) {
    return reject(Reason::MissingSoa, "zone " + zone.name().to_text() + " has no SOA record");
  }
  if (!apex.owns_ns()) {
    return reject(Reason::MissingNs, "zone " + zone.name().to_text() + " has no NS at its apex");
  }
  return std::nullopt;
}

std::optional<Rejected> check_all_dnames(const Zone& zone) {
  std::vector<dns::NameView> owners;
  zone.for_each_node([&](const Node& node) {
    if (node.owns_dname()) owners.push_back(node.name());
  });
  std::sort(owners.begin(), owners.end());
  for (const dns::NameView owner : owners) {
    if (auto broken = check_below_dname(zone, owner)) return broken;
  }
  return std::nullopt;
}

}  // namespace tidemark::fold
