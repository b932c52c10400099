#include "producer/decide/zone_view.hpp"

#include <set>
#include <variant>

namespace tidemark::producer {
namespace {

void merge(dataset::ZoneSettings& settings, const event::PutZoneSettings& put) {
  if (put.removal_percent_max) settings.removal_percent_max = *put.removal_percent_max;
  if (put.removal_rrsets_min) settings.removal_rrsets_min = *put.removal_rrsets_min;
  if (put.ttl_seconds_ceiling) settings.ttl_seconds_ceiling = *put.ttl_seconds_ceiling;
  if (put.expire_seconds) settings.expire_seconds = *put.expire_seconds;
}

}  // namespace

ZoneView::ZoneView(const Base& base, dns::NameView zone) : live_(base.dataset.find_zone(zone)) {
  if (live_) {
    exists_ = true;
    settings_ = live_->settings();
    seq_ = live_->seq();
    count_ = live_->rrset_count();
  }
  std::uint64_t seq = base.dataset.version().seq.value();
  for (const event::ChangeSet* change : base.pending) {
    ++seq;
    for (const event::ZoneEdits& edits : change->zones) {
      if (edits.zone.view() != zone) continue;
      apply(edits);
      if (!edits.construction) seq_ = event::ZoneSeq(seq);
    }
  }
}

void ZoneView::apply(const event::ZoneEdits& edits) {
  touched_ = true;
  if (edits.construction) {
    under_construction_ = true;
    return;
  }
  for (const event::ZoneEdit& edit : edits.edits) {
    if (std::holds_alternative<event::CreateZone>(edit)) {
      exists_ = true;
    } else if (std::holds_alternative<event::DeleteZone>(edit)) {
      exists_ = false;
      live_.reset();
      overlay_.clear();
      settings_ = {};
      count_ = 0;
    } else if (const auto* put_rrset = std::get_if<event::PutRrset>(&edit)) {
      put({put_rrset->rrset.owner, put_rrset->rrset.type}, put_rrset->rrset);
    } else if (const auto* gone = std::get_if<event::DeleteRrset>(&edit)) {
      put({gone->owner, gone->type}, std::nullopt);
    } else if (const auto* settings = std::get_if<event::PutZoneSettings>(&edit)) {
      merge(settings_, *settings);
    } else {
      under_construction_ = true;
    }
  }
}

void ZoneView::put(Key key, std::optional<dns::Rrset> rrset) {
  const bool was = find(key.first, key.second).has_value();
  if (was && !rrset) --count_;
  if (!was && rrset) ++count_;
  overlay_.insert_or_assign(std::move(key), std::move(rrset));
}

std::optional<dns::Rrset> ZoneView::find(const dns::Name& owner, dns::RrType type) const {
  if (!overlay_.empty()) {
    if (const auto found = overlay_.find({owner, type}); found != overlay_.end()) {
      return found->second;
    }
  }
  if (!live_) return std::nullopt;
  const auto node = live_->find(owner);
  if (!node) return std::nullopt;
  const auto rrset = node->find(type);
  if (!rrset) return std::nullopt;
  return rrset->to_rrset(owner);
}

std::vector<dns::RrType> ZoneView::types_at(const dns::Name& owner) const {
  std::set<dns::RrType> types;
  if (live_) {
    if (const auto node = live_->find(owner)) {
      for (const dataset::RrsetView rrset : *node) types.insert(rrset.type());
    }
  }
  for (auto at = overlay_.lower_bound({owner, dns::RrType{0}});
       at != overlay_.end() && at->first.first == owner; ++at) {
    if (at->second) {
      types.insert(at->first.second);
    } else {
      types.erase(at->first.second);
    }
  }
  return {types.begin(), types.end()};
}

std::vector<dns::Rrset> ZoneView::rrsets() const {
  std::vector<dns::Rrset> live = live_ ? live_->rrsets() : std::vector<dns::Rrset>{};
  if (overlay_.empty()) return live;
  std::map<Key, dns::Rrset> all;
  for (dns::Rrset& rrset : live) {
    Key key{rrset.owner, rrset.type};
    all.emplace(std::move(key), std::move(rrset));
  }
  for (const auto& [key, rrset] : overlay_) {
    all.erase(key);
    if (rrset) all.emplace(key, *rrset);
  }
  std::vector<dns::Rrset> sorted;
  sorted.reserve(all.size());
  for (auto& [key, rrset] : all) sorted.push_back(std::move(rrset));
  return sorted;
}

}  // namespace tidemark::producer
