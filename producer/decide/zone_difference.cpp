#include "producer/decide/zone_difference.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include "core/base/bytes.hpp"
#include "producer/decide/admission.hpp"

namespace tidemark::producer {
namespace {

constexpr std::size_t soa_numbers_octets = 20;  // serial, refresh, retry, expire, minimum

dns::Serial serial_of(const dns::Rrset& soa) {
  const base::Bytes& rdata = soa.rdata.front();
  return dns::Serial(base::load_u32(rdata.data() + rdata.size() - soa_numbers_octets));
}

bool is_soa(const dns::Rrset& rrset) {
  return rrset.type == dns::RrType::Soa && rrset.rdata.size() == 1 &&
         rrset.rdata.front().size() > soa_numbers_octets;
}

bool differ_in_serial_only(const dns::Rrset& have, const dns::Rrset& want) {
  if (!is_soa(have) || !is_soa(want) || have.ttl != want.ttl ||
      have.rdata[0].size() != want.rdata[0].size()) {
    return false;
  }
  base::Bytes same = want.rdata[0];
  base::store_u32(same.data() + same.size() - soa_numbers_octets, serial_of(have).value());
  return same == have.rdata[0];
}

struct Key {
  std::string_view owner;
  dns::RrType type;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept {
    return std::hash<std::string_view>{}(key.owner) * 31 + static_cast<std::size_t>(key.type);
  }
};

// The types at the touched names, as they will be.
class TouchedNames {
 public:
  explicit TouchedNames(const ZoneView& zone) : zone_(zone) {}
  // False: this owner and type was edited before.
  bool touch(const dns::Name& owner, dns::RrType type, bool there) {
    auto [at, first] = names_.try_emplace(owner);
    Touched& name = at->second;
    if (first) name.types = zone_.types_at(owner);
    if (std::ranges::find(name.edited, type) != name.edited.end()) return false;
    name.edited.push_back(type);
    std::erase(name.types, type);
    if (there) name.types.push_back(type);
    return true;
  }
  void check(dns::NameView zone, Problems& problems) const {
    for (const auto& [owner, name] : names_) check_types(zone, owner, name.types, problems);
  }

 private:
  struct Touched {
    std::vector<dns::RrType> types;
    std::vector<dns::RrType> edited;
  };
  const ZoneView& zone_;
  std::map<dns::Name, Touched> names_;
};

event::PutZoneSettings settings_difference(const dataset::ZoneSettings& have,
                                           const event::PutZoneSettings& want) {
  event::PutZoneSettings put;
  if (want.removal_percent_max && *want.removal_percent_max != have.removal_percent_max) {
    put.removal_percent_max = want.removal_percent_max;
  }
  if (want.removal_rrsets_min && *want.removal_rrsets_min != have.removal_rrsets_min) {
    put.removal_rrsets_min = want.removal_rrsets_min;
  }
  if (want.ttl_seconds_ceiling && *want.ttl_seconds_ceiling != have.ttl_seconds_ceiling) {
    put.ttl_seconds_ceiling = want.ttl_seconds_ceiling;
  }
  if (want.expire_seconds && *want.expire_seconds != have.expire_seconds) {
    put.expire_seconds = want.expire_seconds;
  }
  return put;
}

}  // namespace

ZoneDifference ZoneDifference::to_whole(const ZoneView& zone,
                                        const std::vector<dns::Rrset>& wanted) {
  ZoneDifference result;
  std::unordered_set<Key, KeyHash> kept;
  kept.reserve(wanted.size());
  for (const dns::Rrset& rrset : wanted) {
    kept.insert({base::as_text(rrset.owner.wire()), rrset.type});
    result.put(zone, rrset);
  }
  for (dns::Rrset& rrset : zone.rrsets()) {
    if (kept.contains({base::as_text(rrset.owner.wire()), rrset.type})) continue;
    result.remove(std::move(rrset));
  }
  result.finish(zone);
  return result;
}

ZoneDifference ZoneDifference::to_edited(const ZoneView& zone, const EditZone& wish,
                                         Problems& problems) {
  ZoneDifference result;
  result.diff_.settings = settings_difference(zone.settings(), wish.settings);
  const std::uint32_t ceiling =
      wish.settings.ttl_seconds_ceiling.value_or(zone.settings().ttl_seconds_ceiling);
  TouchedNames names(zone);
  for (const EditZone::Edit& edit : wish.edits) {
    const auto* put = std::get_if<event::PutRrset>(&edit);
    const auto* gone = std::get_if<event::DeleteRrset>(&edit);
    const dns::Name& owner = put != nullptr ? put->rrset.owner : gone->owner;
    const dns::RrType type = put != nullptr ? put->rrset.type : gone->type;
    if (!owner.view().is_at_or_below(wish.zone)) {
      problems.add(
          {fold::Reason::OutOfZone, "is not in the zone " + wish.zone.to_text(), owner, type});
    } else if (!names.touch(owner, type, put != nullptr)) {
      problems.add({fold::Reason::Malformed, "is edited twice", owner, type});
    } else if (put != nullptr) {
      check_rrset(wish.zone, ceiling, put->rrset, problems);
      result.put(zone, put->rrset);
    } else if (auto before = zone.find(owner, type)) {
      result.remove(*std::move(before));
    }
  }
  names.check(wish.zone, problems);
  result.finish(zone);
  return result;
}

// The fold owns serials: of two SOAs that differ in nothing else, only one that is ahead counts.
void ZoneDifference::put(const ZoneView& zone, const dns::Rrset& rrset) {
  auto before = zone.find(rrset.owner, rrset.type);
  if (before == rrset) return;
  if (before && differ_in_serial_only(*before, rrset) &&
      !dns::serial_after(serial_of(rrset), serial_of(*before))) {
    unmoved_soa_ = rrset;
    return;
  }
  diff_.rrsets.push_back({std::move(before), rrset});
}

void ZoneDifference::remove(dns::Rrset before) {
  diff_.rrsets.push_back({std::move(before), std::nullopt});
}

// A change of anything else moves the serial by one, and a wished one half the circle away is ahead
// of that: then it is part of this change, else the next decision would find it.
void ZoneDifference::finish(const ZoneView& zone) {
  if (!unmoved_soa_ || empty()) return;
  auto before = zone.find(unmoved_soa_->owner, unmoved_soa_->type);
  const dns::Serial next(serial_of(*before).value() + 1);
  if (!dns::serial_after(serial_of(*unmoved_soa_), next)) return;
  diff_.rrsets.push_back({std::move(before), *unmoved_soa_});
}

std::vector<event::ZoneEdit> ZoneDifference::edits() const {
  std::vector<event::ZoneEdit> edits;
  edits.reserve(diff_.rrsets.size() + 2);
  if (other_settings()) edits.emplace_back(diff_.settings);
  for (const auto& one : diff_.rrsets) {
    if (!one.after) edits.emplace_back(event::DeleteRrset{one.before->owner, one.before->type});
  }
  for (const auto& one : diff_.rrsets) {
    if (one.after) edits.emplace_back(event::PutRrset{*one.after});
  }
  return edits;
}

}  // namespace tidemark::producer
