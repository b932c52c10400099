#include "consumer/feeder/control_view.hpp"

#include <algorithm>
#include <variant>

#include "schemas/codec.hpp"

namespace tidemark::consumer {

namespace {

constexpr std::string_view ring_prefix = "ring:", node_prefix = "node:";
constexpr std::string_view pin_prefix = "pin/", watermark_prefix = "watermark/",
                           heartbeat_prefix = "heartbeat/";

bool is_key(std::string_view key, std::string_view prefix, std::string_view name) {
  return key.starts_with(prefix) && key.substr(prefix.size()) == name;
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

std::string to_text(const event::Pin& pin) {
  return pin.scope + " at version " + std::to_string(pin.seq);
}

bool ControlView::apply(const log::Record& record) {
  offset_ = std::max(offset_, record.offset.value());
  if (record.tombstone) {
    forget(record.key);
    return true;
  }
  if (take(record)) return true;
  ++skipped_;
  return false;
}

bool ControlView::take(const log::Record& record) {
  const auto control = schemas::decode_control_record(record.value);
  if (!control) return false;
  const std::int64_t appended_ms = record.appended.value();
  if (const auto* pin = std::get_if<event::Pin>(&*control)) {
    if (!is_scope(pin->scope) || !is_key(record.key, pin_prefix, pin->scope) || pin->seq == 0) {
      return false;
    }
    pins_.insert_or_assign(pin->scope, PlacedPin{*pin, record.offset.value(), appended_ms});
  } else if (const auto* mark = std::get_if<event::Watermark>(&*control)) {
    if (!is_key(record.key, watermark_prefix, mark->ring)) return false;
    watermarks_.insert_or_assign(mark->ring, *mark);
  } else if (const auto* beat = std::get_if<event::Heartbeat>(&*control)) {
    heartbeat_ms_ = std::max(heartbeat_ms_, appended_ms);
    controllers_.insert_or_assign(beat->controller,
                                  HeardController{beat->number, appended_ms, *beat});
  }
  return true;
}

void ControlView::forget(std::string_view key) {
  const auto erase = [key](auto& map, std::string_view prefix) {
    if (!key.starts_with(prefix)) return;
    if (const auto at = map.find(key.substr(prefix.size())); at != map.end()) map.erase(at);
  };
  erase(pins_, pin_prefix);
  erase(watermarks_, watermark_prefix);
  erase(controllers_, heartbeat_prefix);
}

const PlacedPin* ControlView::pin_of(std::string_view scope) const {
  const auto at = pins_.find(scope);
  return at == pins_.end() ? nullptr : &at->second;
}

const PlacedPin* ControlView::pin_for(std::string_view node, std::string_view ring) const {
  if (const auto* own = pin_of(std::string(node_prefix) + std::string(node))) return own;
  if (const auto* of_ring = pin_of(std::string(ring_prefix) + std::string(ring))) return of_ring;
  return pin_of(fleet_scope);
}

}  // namespace tidemark::consumer
