#include "core/dataset/hash_tree.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/base/hash.hpp"
#include "core/dataset/contents.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dataset {

namespace {

base::U128 zone_leaf(const Zone& zone) {
  base::Writer out;
  out.put(zone.name().wire());
  out.put(base::to_octets(zone.hash()));
  return base::xxh3_128(out.view());
}

bool is_before(const dns::Rrset& a, const dns::Rrset& b) {
  if (a.owner != b.owner) return a.owner.view() < b.owner.view();
  return a.type < b.type;
}

}  // namespace

std::uint32_t group_of(dns::NameView zone) noexcept {
  return static_cast<std::uint32_t>(base::xxh3_64(zone.wire(), 0) % zone_groups);
}

std::array<base::U128, zone_groups> group_hashes(const Dataset& dataset) {
  std::array<base::U128, zone_groups> groups{};
  for (const Zone& zone : dataset.zones()) groups[group_of(zone.name())] += zone_leaf(zone);
  return groups;
}

std::vector<Zone> zones_of_group(const Dataset& dataset, std::uint32_t group) {
  std::vector<Zone> zones = dataset.zones();
  std::erase_if(zones, [group](const Zone& zone) { return group_of(zone.name()) != group; });
  return zones;
}

base::U128 constructions_hash(const Dataset& dataset) {
  base::U128 sum;
  for (const Zone& zone : dataset.constructions()) sum += zone_leaf(zone);
  return sum;
}

std::vector<base::U128> bucket_hashes(const Zone& zone) {
  std::vector<base::U128> sums(bucket_count);
  zone.for_each_node([&](const Node& node) {
    base::U128& sum = sums[bucket_of(node.name())];
    for (const RrsetView rrset : node) sum += leaf_hash(node.name(), rrset);
  });
  return sums;
}

std::vector<RrsetLeaf> leaves_of_bucket(const Zone& zone, std::uint32_t bucket) {
  std::vector<RrsetLeaf> leaves;
  zone.for_each_node([&](const Node& node) {
    if (bucket_of(node.name()) != bucket) return;
    for (const RrsetView rrset : node) {
      leaves.push_back({rrset.to_rrset(node.name()), leaf_hash(node.name(), rrset)});
    }
  });
  std::ranges::sort(leaves, is_before, &RrsetLeaf::rrset);
  return leaves;
}

std::vector<EntryLeaf> entry_leaves(const Dataset& dataset) {
  std::vector<EntryLeaf> leaves;
  if (!dataset.cookie_salts().empty()) {
    leaves.push_back({"cookies", {}, base::xxh3_128(cookie_salts_octets(dataset.cookie_salts()))});
  }
  for (const PoolView& pool : dataset.pools()) {
    leaves.push_back({"pool", pool.pool().name, base::xxh3_128(pool_octets(pool.pool()))});
  }
  for (const event::Override& one : dataset.overrides()) {
    leaves.push_back(
        {"override", one.pool + " " + one.endpoint, base::xxh3_128(override_octets(one))});
  }
  for (const Zone& zone : dataset.zones()) {
    if (zone.settings() == ZoneSettings{}) continue;
    leaves.push_back({"settings", zone.name().to_text(),
                      base::xxh3_128(settings_octets(zone.name(), zone.settings()))});
  }
  return leaves;
}

std::string value_text(const dns::Rrset& rrset) {
  std::string text = std::to_string(rrset.ttl.value());
  for (const base::Bytes& rdata : rrset.rdata) {
    text += (text.find(' ') == text.npos ? " " : ", ") + dns::rdata_to_text(rrset.type, rdata);
  }
  return text;
}

std::string to_text(const Difference& difference) {
  std::string text = difference.kind;
  if (!difference.name.empty()) text += " " + difference.name;
  if (!difference.type.empty()) text += " " + difference.type;
  if (!difference.zone.empty()) {
    text += (difference.kind == "zone" ? " " : " of zone ") + difference.zone;
  }
  const auto value = [](const std::string& one) { return one.empty() ? "(absent)" : one; };
  return text + ": " + value(difference.left) + " / " + value(difference.right);
}

namespace {

class Finding {
 public:
  Finding(std::vector<Difference>& found, std::size_t places_max)
      : found_(found), places_max_(places_max) {}

  void compare_zones(const std::vector<Zone>& left, const std::vector<Zone>& right) {
    auto a = left.begin();
    auto b = right.begin();
    while (!is_full() && (a != left.end() || b != right.end())) {
      if (b == right.end() || (a != left.end() && a->name() < b->name())) {
        add_zone(*a, base::to_hex(a->hash()), {});
        ++a;
      } else if (a == left.end() || b->name() < a->name()) {
        add_zone(*b, {}, base::to_hex(b->hash()));
        ++b;
      } else {
        if (a->hash() != b->hash()) compare_buckets(*a, *b);
        ++a, ++b;
      }
    }
  }

  void compare_entries(const std::vector<EntryLeaf>& left, const std::vector<EntryLeaf>& right) {
    std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> both;
    for (const EntryLeaf& one : left) both[{one.kind, one.name}].first = base::to_hex(one.hash);
    for (const EntryLeaf& one : right) both[{one.kind, one.name}].second = base::to_hex(one.hash);
    for (const auto& [key, values] : both) {
      if (is_full()) return;
      if (values.first == values.second) continue;
      found_.push_back({key.first, {}, key.second, {}, values.first, values.second});
    }
  }

 private:
  bool is_full() const { return found_.size() >= places_max_; }

  void add_zone(const Zone& zone, std::string left, std::string right) {
    found_.push_back({"zone", zone.name().to_text(), {}, {}, std::move(left), std::move(right)});
  }

  void compare_buckets(const Zone& left, const Zone& right) {
    const auto a = bucket_hashes(left);
    const auto b = bucket_hashes(right);
    using Values = std::pair<std::optional<dns::Rrset>, std::optional<dns::Rrset>>;
    std::vector<Values> unlike;
    for (std::uint32_t bucket = 0; bucket < bucket_count; ++bucket) {
      if (a[bucket] == b[bucket]) continue;
      const auto ours = leaves_of_bucket(left, bucket);
      const auto theirs = leaves_of_bucket(right, bucket);
      for (const RrsetLeaf& one : ours) {
        const RrsetLeaf* twin = find(theirs, one.rrset);
        if (twin != nullptr && twin->hash == one.hash) continue;
        unlike.push_back({one.rrset, twin == nullptr ? std::nullopt : std::optional(twin->rrset)});
      }
      for (const RrsetLeaf& one : theirs) {
        if (find(ours, one.rrset) == nullptr) unlike.push_back({std::nullopt, one.rrset});
      }
      // Buckets are in no order that people know: some more than asked for, sorted below.
      if (found_.size() + unlike.size() >= places_max_ * 4) break;
    }
    std::ranges::sort(unlike, [](const Values& x, const Values& y) {
      return is_before(x.first ? *x.first : *x.second, y.first ? *y.first : *y.second);
    });
    for (const Values& values : unlike) {
      if (is_full()) return;
      const dns::Rrset& at = values.first ? *values.first : *values.second;
      found_.push_back({"rrset", left.name().to_text(), at.owner.to_text(), dns::to_text(at.type),
                        values.first ? value_text(*values.first) : "",
                        values.second ? value_text(*values.second) : ""});
    }
  }

  static const RrsetLeaf* find(const std::vector<RrsetLeaf>& among, const dns::Rrset& wanted) {
    const auto at = std::ranges::lower_bound(among, wanted, is_before, &RrsetLeaf::rrset);
    if (at == among.end() || is_before(wanted, at->rrset)) return nullptr;
    return &*at;
  }

  std::vector<Difference>& found_;
  const std::size_t places_max_;
};

}  // namespace

std::vector<Difference> find_differences(const Dataset& left, const Dataset& right,
                                         std::size_t places_max) {
  std::vector<Difference> found;
  Finding finding(found, places_max);
  finding.compare_zones(left.zones(), right.zones());
  finding.compare_zones(left.constructions(), right.constructions());
  finding.compare_entries(entry_leaves(left), entry_leaves(right));
  return found;
}

}  // namespace tidemark::dataset
