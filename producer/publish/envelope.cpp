#include "producer/publish/envelope.hpp"

#include <algorithm>
#include <limits>

#include "core/base/time_text.hpp"

namespace tidemark::producer {
namespace {

constexpr std::size_t summary_octets_max = 200;

std::string pool_of(const event::PoolEdit& edit) {
  if (const auto* put = std::get_if<event::PutPool>(&edit)) return put->pool.name;
  if (const auto* gone = std::get_if<event::DeletePool>(&edit)) return gone->pool;
  if (const auto* set = std::get_if<event::PutOverride>(&edit)) {
    return set->override_.pool + "/" + set->override_.endpoint;
  }
  const auto& cleared = std::get<event::DeleteOverride>(edit);
  return cleared.pool + "/" + cleared.endpoint;
}

std::string subject_of(const event::ChangeSet& change) {
  if (!change.zones.empty()) return change.zones.front().zone.to_text();
  if (!change.pools.empty()) return "pool/" + pool_of(change.pools.front());
  if (change.cookie_salts) return "cookies";
  if (change.succession) return "succession";
  return {};
}

std::string summary_of(const event::ZoneEdits& zone) {
  std::size_t puts = 0, deletions = 0;
  std::string words;
  for (const event::ZoneEdit& edit : zone.edits) {
    if (std::holds_alternative<event::PutRrset>(edit)) ++puts;
    if (std::holds_alternative<event::DeleteRrset>(edit)) ++deletions;
    if (std::holds_alternative<event::CreateZone>(edit)) words += ", create";
    if (std::holds_alternative<event::DeleteZone>(edit)) words += ", delete zone";
    if (std::holds_alternative<event::PutZoneSettings>(edit)) words += ", settings";
    if (std::holds_alternative<event::BeginConstruction>(edit)) words += ", begin";
    if (std::holds_alternative<event::CommitConstruction>(edit)) words += ", commit";
  }
  if (puts > 0) words += ", put " + std::to_string(puts);
  if (deletions > 0) words += ", delete " + std::to_string(deletions);
  return zone.zone.to_text() + ":" + (words.empty() ? words : words.substr(1));
}

// The author's clock may say anything.
std::string created_text(std::uint64_t unix_ms) {
  constexpr std::uint64_t highest = std::numeric_limits<std::int64_t>::max();
  return base::rfc3339_of(static_cast<std::int64_t>(std::min(unix_ms, highest)));
}

}  // namespace

std::string summary_of(const event::ChangeSet& change) {
  std::string summary;
  const auto add = [&](const std::string& part) {
    if (!summary.empty()) summary += "; ";
    summary += part;
  };
  if (change.succession) {
    add("goes on from version " + std::to_string(change.succession->seq) + " of another log");
  }
  if (change.cookie_salts) {
    add("cookie salts: " + std::to_string(change.cookie_salts->salts.size()));
  }
  for (const event::PoolEdit& edit : change.pools) {
    if (summary.size() < summary_octets_max) add("pool " + pool_of(edit));
  }
  for (const event::ZoneEdits& zone : change.zones) {
    if (summary.size() < summary_octets_max) add(summary_of(zone));
  }
  if (summary.size() > summary_octets_max)
    summary.replace(summary_octets_max - 3, summary.npos, "...");
  return summary;
}

log::Draft envelope(std::string_view source, const event::ChangeSet& change, base::Bytes record) {
  const std::string subject = subject_of(change);
  return {.key = subject,
          .value = std::move(record),
          .headers = {{"ce_specversion", "1.0"},
                      {"ce_id", base::to_hex(change.change_id.value())},
                      {"ce_type", "tidemark.changeset.v1"},
                      {"ce_source", std::string(source)},
                      {"ce_subject", subject},
                      {"ce_time", created_text(change.created_ms)},
                      {"content-type", "application/x-flatbuffers"},
                      {"actor", change.author},
                      {"summary", summary_of(change)}}};
}

}  // namespace tidemark::producer
