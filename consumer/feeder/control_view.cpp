#include "consumer/feeder/control_view.hpp"

#include <algorithm>
#include <tuple>
#include <variant>

#include "schemas/codec.hpp"

namespace tidemark::consumer {

namespace {

constexpr std::string_view ring_prefix = "ring:", node_prefix = "node:";
constexpr std::string_view pin_prefix = "pin/", watermark_prefix = "watermark/",
                           heartbeat_prefix = "heartbeat/", snapshot_prefix = "snapshot/",
                           held_prefix = "held/";

bool is_key(std::string_view key, std::string_view prefix, std::string_view name) {
  return key.starts_with(prefix) && key.substr(prefix.size()) == name;
}

// "watermark/RING/CONTROLLER"; a ring's name may hold a slash.
bool is_watermark_key(std::string_view key, std::string_view ring) {
  if (ring.empty() || !key.starts_with(watermark_prefix)) return false;
  key.remove_prefix(watermark_prefix.size());
  return key.size() > ring.size() + 1 && key.starts_with(ring) && key[ring.size()] == '/';
}

}  // namespace

bool is_scope(std::string_view text) {
  return text == fleet_scope ||
         (text.starts_with(ring_prefix) && text.size() > ring_prefix.size()) ||
         (text.starts_with(node_prefix) && text.size() > node_prefix.size());
}

bool scope_holds(std::string_view scope, std::string_view node, std::string_view ring) {
  return scope == fleet_scope || is_key(scope, node_prefix, node) ||
         is_key(scope, ring_prefix, ring);
}

std::string pin_key(std::string_view scope) { return std::string(pin_prefix) + std::string(scope); }

std::string watermark_key(std::string_view ring, std::string_view controller) {
  return std::string(watermark_prefix) + std::string(ring) + "/" + std::string(controller);
}

bool is_stop(const event::Watermark& mark) {
  return mark.stopped_change != base::U128{} && !mark.released;
}

std::string held_key(const base::U128& id) { return std::string(held_prefix) + base::to_hex(id); }

std::string to_text(const event::Pin& pin) {
  return pin.scope + " at version " + std::to_string(pin.seq);
}

bool ControlView::apply(const log::Record& record) {
  offset_ = std::max(offset_, record.offset.value());
  newest_ms_ = std::max(newest_ms_, record.appended.value());
  newest_.insert_or_assign(record.key, record.offset.value());
  if (record.tombstone) {
    forget(record.key);
    return true;
  }
  if (take(record)) return true;
  ++skipped_;
  return false;
}

bool ControlView::take(const log::Record& record) {
  auto control = schemas::decode_control_record(record.value);
  if (!control) return false;
  const std::int64_t appended_ms = record.appended.value();
  if (const auto* pin = std::get_if<event::Pin>(&*control)) {
    if (!is_scope(pin->scope) || !is_key(record.key, pin_prefix, pin->scope) || pin->seq == 0) {
      return false;
    }
    pins_.insert_or_assign(pin->scope, PlacedPin{*pin, record.offset.value(), appended_ms});
  } else if (const auto* mark = std::get_if<event::Watermark>(&*control)) {
    if (!is_watermark_key(record.key, mark->ring)) return false;
    if (mark->seq == 0 && !mark->released) return false;  // a ring that may serve nothing
    decisions_.insert_or_assign(record.key,
                                PlacedWatermark{*mark, record.offset.value(), appended_ms});
    choose_watermark(mark->ring);
  } else if (const auto* beat = std::get_if<event::Heartbeat>(&*control)) {
    heartbeat_ms_ = std::max(heartbeat_ms_, appended_ms);
    controllers_.insert_or_assign(beat->controller,
                                  HeardController{beat->number, appended_ms, *beat});
  } else if (auto* announce = std::get_if<event::SnapshotAnnounce>(&*control)) {
    if (!record.key.starts_with(snapshot_prefix)) return false;
    const std::string controller = record.key.substr(snapshot_prefix.size());
    announcements_.insert_or_assign(controller, std::move(*announce));
  } else if (auto* proposal = std::get_if<event::Proposal>(&*control)) {
    return take(std::move(*proposal), record);
  }
  return true;
}

bool ControlView::take(event::Proposal proposal, const log::Record& record) {
  using event::ProposalState;
  if (record.key != held_key(proposal.id)) return false;
  if (const auto at = proposals_.find(proposal.id); at != proposals_.end()) {
    const ProposalState before = at->second.proposal.state;
    const bool reopens = before == ProposalState::Approved && proposal.state == ProposalState::Open;
    if (before != ProposalState::Open && !reopens) return true;
  }
  const base::U128 id = proposal.id;
  proposals_.insert_or_assign(
      id, PlacedProposal{std::move(proposal), record.offset.value(), record.appended.value()});
  return true;
}

void ControlView::forget(std::string_view key) {
  const auto erase = [key](auto& map, std::string_view prefix) {
    if (!key.starts_with(prefix)) return;
    if (const auto at = map.find(key.substr(prefix.size())); at != map.end()) map.erase(at);
  };
  erase(pins_, pin_prefix);
  if (const auto at = decisions_.find(key); at != decisions_.end()) {
    const std::string ring = at->second.mark.ring;
    decisions_.erase(at);
    choose_watermark(ring);
  }
  erase(controllers_, heartbeat_prefix);
  erase(announcements_, snapshot_prefix);
  if (!key.starts_with(held_prefix)) return;
  if (const auto id = base::u128_from_hex(key.substr(held_prefix.size()))) proposals_.erase(*id);
}

void ControlView::choose_watermark(const std::string& ring) {
  const auto rank = [](const PlacedWatermark& one) {
    return std::tuple(one.mark.number, is_stop(one.mark), -one.offset);
  };
  auto best = decisions_.end();
  for (auto at = decisions_.begin(); at != decisions_.end(); ++at) {
    if (at->second.mark.ring != ring) continue;
    if (best == decisions_.end() || rank(best->second) < rank(at->second)) best = at;
  }
  chosen_.erase(ring);
  watermarks_.erase(ring);
  if (best == decisions_.end()) return;
  chosen_.emplace(ring, best->first);
  watermarks_.emplace(ring, best->second.mark);
}

const PlacedWatermark* ControlView::watermark_of(std::string_view ring) const {
  const auto at = chosen_.find(ring);
  return at == chosen_.end() ? nullptr : &decisions_.find(at->second)->second;
}

std::int64_t ControlView::newest_of(std::string_view key) const {
  const auto at = newest_.find(key);
  return at == newest_.end() ? -1 : at->second;
}

const PlacedPin* ControlView::pin_of(std::string_view scope) const {
  const auto at = pins_.find(scope);
  return at == pins_.end() ? nullptr : &at->second;
}

const PlacedProposal* ControlView::proposal_of(const base::U128& id) const {
  const auto at = proposals_.find(id);
  return at == proposals_.end() ? nullptr : &at->second;
}

const PlacedPin* ControlView::pin_for(std::string_view node, std::string_view ring) const {
  if (const auto* own = pin_of(std::string(node_prefix) + std::string(node))) return own;
  if (const auto* of_ring = pin_of(std::string(ring_prefix) + std::string(ring))) return of_ring;
  return pin_of(fleet_scope);
}

}  // namespace tidemark::consumer
