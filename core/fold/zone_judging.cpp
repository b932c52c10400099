#include "core/fold/zone_judging.hpp"

#include <algorithm>

#include "core/fold/node_rules.hpp"

namespace tidemark::fold {

namespace {

using dataset::Editor;
using dns::RrType;

// Signed zones come later; until then these could only go stale.
bool needs_signed_zone(RrType type) noexcept {
  return type == RrType::Rrsig || type == RrType::Nsec || type == RrType::Nsec3 ||
         type == RrType::Nsec3param;
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

std::optional<Rejected> check_expectation(const Editor& editor, const event::ZoneEdits& edits) {
  const auto zone = editor.find_zone(edits.zone);
  const std::string name = edits.zone.to_text();
  if (std::holds_alternative<event::ExpectAbsent>(edits.expect) && zone) {
    return Rejected{Reason::ZoneExists, "zone " + name + " exists already"};
  }
  if (const auto* exactly = std::get_if<event::ExpectExactly>(&edits.expect)) {
    if (!zone) return Rejected{Reason::ZoneMissing, "there is no zone " + name};
    if (zone->seq() != exactly->seq) {
      return Rejected{Reason::ZoneChanged, "zone " + name + " is at seq " +
                                               std::to_string(zone->seq().value()) + ", not at " +
                                               std::to_string(exactly->seq.value()) +
                                               ": read it again and decide anew"};
    }
  }
  return std::nullopt;
}

ZoneJudging::ZoneJudging(Editor& editor, const event::ZoneEdits& edits)
    : editor_(editor),
      edits_(edits),
      place_(edits.construction ? Editor::Place::Construction : Editor::Place::Live),
      before_(editor.base().find_zone(edits.zone)) {
  if (before_) {
    rrsets_before_ = before_->rrset_count();
    settings_before_ = before_->settings();
  }
}

Rejected ZoneJudging::reject(Reason reason, std::string detail) const {
  return {reason, "zone " + edits_.zone.to_text() + ": " + std::move(detail)};
}

std::optional<Rejected> ZoneJudging::apply_edits() {
  for (const event::ZoneEdit& edit : edits_.edits) {
    if (deleted_ || committed_) {
      return reject(Reason::Malformed, "nothing follows the deletion or the commit of a zone");
    }
    if (auto broken = apply(edit)) return broken;
  }
  if (!deleted_ && !committed_) count_removed_by_edits();
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::apply(const event::ZoneEdit& edit) {
  return std::visit(
      Overloaded{
          [&](const event::CreateZone&) { return create(); },
          [&](const event::DeleteZone&) { return delete_whole(); },
          [&](const event::PutRrset& put_edit) { return put(put_edit); },
          [&](const event::DeleteRrset& delete_edit) { return remove(delete_edit); },
          [&](const event::PutZoneSettings& settings) { return change_settings(settings); },
          [&](const event::BeginConstruction&) { return begin(); },
          [&](const event::CommitConstruction& commit_edit) { return commit(commit_edit); },
      },
      edit);
}

std::optional<Rejected> ZoneJudging::create() {
  if (place_ == Editor::Place::Construction) {
    return reject(Reason::Malformed, "a zone under construction begins with BeginConstruction");
  }
  if (editor_.find_zone(edits_.zone)) return reject(Reason::ZoneExists, "it exists already");
  editor_.create_zone(edits_.zone);
  touched_.push_back(edits_.zone);
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::delete_whole() {
  if (place_ == Editor::Place::Construction) {
    return reject(Reason::Malformed, "a zone under construction is not deleted: begin it anew");
  }
  if (!editor_.find_zone(edits_.zone)) return reject(Reason::ZoneMissing, "there is no such zone");
  editor_.delete_zone(edits_.zone);
  deleted_ = true;
  removed_ = rrsets_before_;
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::put(const event::PutRrset& edit) {
  const dns::Rrset& rrset = edit.rrset;
  const auto zone = editor_.find_zone(edits_.zone, place_);
  const std::string what = rrset.owner.to_text() + " " + dns::to_text(rrset.type);
  if (!zone) return reject(Reason::ZoneMissing, "there is no such zone");
  if (!rrset.owner.view().is_at_or_below(edits_.zone)) {
    return reject(Reason::OutOfZone, rrset.owner.to_text() + " is outside the zone");
  }
  if (const auto sound = dns::check_canonical(rrset); !sound) {
    return reject(Reason::NotCanonical, what + ": " + sound.error().trail);
  }
  if (needs_signed_zone(rrset.type)) {
    return reject(Reason::TypeNotAllowed, what + ": signed zones are not supported yet");
  }
  if (rrset.ttl.value() > zone->settings().ttl_seconds_ceiling) {
    return reject(Reason::TtlTooHigh, what + ": TTL " + std::to_string(rrset.ttl.value()) +
                                          " is above the zone's ceiling of " +
                                          std::to_string(zone->settings().ttl_seconds_ceiling));
  }
  if (rrset.type == RrType::Pool) {
    const std::string_view pool = base::as_text(rrset.rdata.front());
    if (rrset.rdata.size() != 1) return reject(Reason::PoolRule, what + ": names one pool");
    if (!editor_.find_pool(pool)) {
      return reject(Reason::PoolMissing, what + ": there is no pool " + std::string(pool));
    }
  }
  editor_.put_rrset(edits_.zone, rrset, place_);
  touched_.push_back(rrset.owner);
  soa_put_ = soa_put_ || rrset.type == RrType::Soa;
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::remove(const event::DeleteRrset& edit) {
  const auto zone = editor_.find_zone(edits_.zone, place_);
  if (!zone) return reject(Reason::ZoneMissing, "there is no such zone");
  const auto node = zone->find(edit.owner);
  if (!node || !node->has(edit.type)) {
    return reject(Reason::RrsetMissing,
                  "there is no RRset " + edit.owner.to_text() + " " + dns::to_text(edit.type));
  }
  editor_.delete_rrset(edits_.zone, edit.owner, edit.type, place_);
  touched_.push_back(edit.owner);
  deleted_rrsets_.emplace_back(edit.owner, edit.type);
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::change_settings(const event::PutZoneSettings& edit) {
  const auto zone = editor_.find_zone(edits_.zone, place_);
  if (!zone) return reject(Reason::ZoneMissing, "there is no such zone");
  dataset::ZoneSettings settings = zone->settings();
  settings.removal_percent_max = edit.removal_percent_max.value_or(settings.removal_percent_max);
  settings.removal_rrsets_min = edit.removal_rrsets_min.value_or(settings.removal_rrsets_min);
  settings.ttl_seconds_ceiling = edit.ttl_seconds_ceiling.value_or(settings.ttl_seconds_ceiling);
  settings.expire_seconds = edit.expire_seconds.value_or(settings.expire_seconds);
  if (settings.removal_percent_max > 100 || settings.ttl_seconds_ceiling > dns::ttl_seconds_max) {
    return reject(Reason::Malformed, "settings: percent is 0-100, a TTL at most 2147483647");
  }
  editor_.put_settings(edits_.zone, settings, place_);
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::begin() {
  if (place_ != Editor::Place::Construction) {
    return reject(Reason::Malformed, "BeginConstruction stands in edits marked construction");
  }
  if (editor_.find_zone(edits_.zone, place_)) editor_.delete_zone(edits_.zone, place_);
  editor_.create_zone(edits_.zone, place_);
  if (before_) editor_.put_settings(edits_.zone, settings_before_, place_);
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::commit(const event::CommitConstruction& edit) {
  const auto built = editor_.find_zone(edits_.zone, Editor::Place::Construction);
  if (place_ != Editor::Place::Construction || !built) {
    return reject(Reason::ConstructionMissing, "nothing is under construction");
  }
  if (built->rrset_count() != edit.rrsets) {
    return reject(Reason::ConstructionIncomplete, "holds " + std::to_string(built->rrset_count()) +
                                                      " RRsets of " + std::to_string(edit.rrsets) +
                                                      ": import it again");
  }
  if (auto broken = check_apex(*built)) return broken;
  for (const dns::Name& owner : touched_) {
    if (auto broken = check_node(*built, owner)) return broken;
  }
  count_removed_by_commit(*built);
  editor_.commit_construction(edits_.zone);
  committed_ = true;
  soa_put_ = true;
  touched_.clear();
  return std::nullopt;
}

void ZoneJudging::count_removed_by_commit(const dataset::Zone& built) {
  if (!before_) return;
  before_->for_each_node([&](const dataset::Node& node) {
    const auto now = built.find(node.name());
    for (const dataset::RrsetView rrset : node) {
      if (!now || !now->has(rrset.type())) ++removed_;
    }
  });
}

void ZoneJudging::count_removed_by_edits() {
  if (place_ != Editor::Place::Live || !before_) return;
  std::sort(deleted_rrsets_.begin(), deleted_rrsets_.end());
  deleted_rrsets_.erase(std::unique(deleted_rrsets_.begin(), deleted_rrsets_.end()),
                        deleted_rrsets_.end());
  const auto now = editor_.find_zone(edits_.zone);
  for (const auto& [owner, type] : deleted_rrsets_) {
    const auto was = before_->find(owner);
    const auto is = now->find(owner);
    if (was && was->has(type) && !(is && is->has(type))) ++removed_;
  }
}

bool ZoneJudging::over_limit() const noexcept {
  return rrsets_before_ >= settings_before_.removal_rrsets_min &&
         removed_ * 100 > rrsets_before_ * settings_before_.removal_percent_max;
}

std::optional<Rejected> ZoneJudging::check_afterwards() {
  if (deleted_ || committed_) return std::nullopt;
  const auto zone = editor_.find_zone(edits_.zone, place_);
  if (!zone) return reject(Reason::ZoneMissing, "there is no such zone");
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  for (const dns::Name& owner : touched_) {
    if (auto broken = check_node(*zone, owner)) return broken;
  }
  const bool cut_gone = std::any_of(deleted_rrsets_.begin(), deleted_rrsets_.end(),
                                    [](const auto& one) { return one.second == RrType::Ns; });
  if (cut_gone && zone->dname_count() != 0) {
    if (auto broken = check_all_dnames(*zone)) return broken;
  }
  if (place_ == Editor::Place::Live) return check_apex(*zone);
  return std::nullopt;
}

std::optional<Rejected> ZoneJudging::settle() {
  if (deleted_ || (place_ == Editor::Place::Construction && !committed_)) return std::nullopt;
  const auto zone = editor_.find_zone(edits_.zone);
  dns::Serial serial = zone->serial();
  if (before_) {
    const dns::Serial next(before_->serial().value() + 1);
    if (!soa_put_ || !dns::serial_after(serial, next)) serial = next;
  }
  editor_.touch_zone(edits_.zone, serial, event::ZoneSeq(editor_.next_seq().value()));
  const base::U128 hash = editor_.find_zone(edits_.zone)->hash();
  if (edits_.zone_hash_after && *edits_.zone_hash_after != hash) {
    return reject(Reason::HashMismatch, "its content would hash to " + base::to_hex(hash) +
                                            ", the author expected " +
                                            base::to_hex(*edits_.zone_hash_after));
  }
  return std::nullopt;
}

std::optional<ZoneOutcome> ZoneJudging::outcome() const {
  if (deleted_) return ZoneOutcome{edits_.zone, true, dns::Serial(0), event::ZoneSeq(0), {}};
  const auto zone = editor_.find_zone(edits_.zone);
  if (!zone || (place_ == Editor::Place::Construction && !committed_)) return std::nullopt;
  return ZoneOutcome{edits_.zone, false, zone->serial(), zone->seq(), zone->hash()};
}

}  // namespace tidemark::fold
