#include "dns-edge/app/peer_watch.hpp"

#include <algorithm>

#include "schemas/codec.hpp"

namespace tidemark::edge {

using event::NodeState;

namespace {
constexpr std::size_t records_per_step_max = 4096;
}

void PeerWatch::step() {
  if (!started_) started_ = source_.start(log::Offset(0)).has_value();
  if (!started_) return;
  const auto drained = source_.drain(records_per_step_max);
  if (!drained) return;
  for (const log::Record& record : drained->records) take(record);
  for (const log::Happening happening : drained->happenings) {
    if (happening == log::Happening::CaughtUp) caught_up_ = true;
    if (happening == log::Happening::Overlap || happening == log::Happening::OutOfRange) {
      const auto bounds = source_.bounds();  // facts of this second: read again, they do no harm
      (void)source_.start(bounds ? bounds->first : log::Offset(0));
    }
  }
}

void PeerWatch::take(const log::Record& record) {
  if (record.appended.value() > newest_ms_) {
    newest_ms_ = record.appended.value();
    newest_read_ = clock_.steady();
  }
  if (record.tombstone) {
    peers_.erase(record.key);
    return;
  }
  auto report = schemas::decode_node_report(record.value);
  if (!report || report->node == node_ || report->ring != ring_) return;
  if (peers_.size() >= peers_max && !peers_.contains(report->node)) {
    peers_.erase(std::ranges::min_element(peers_, {},
                                          [](const auto& one) { return one.second.appended_ms; }));
  }
  const std::string name = report->node;
  peers_.insert_or_assign(name, Peer{*std::move(report), record.appended.value()});
}

PeerWatch::Count PeerWatch::count(const base::U128& lineage, std::uint64_t seq) const {
  using std::chrono::milliseconds;
  Count count;
  const bool hears = caught_up_ && clock_.steady() - newest_read_ <= peer_fresh_within;
  for (const auto& [name, peer] : peers_) {
    const auto age = milliseconds(newest_ms_ - peer.appended_ms);
    // Who ended in order is no member any more.
    if (age > peer_known_for || peer.report.state == NodeState::Cold) continue;
    ++count.known;
    const bool follows =
        peer.report.state == NodeState::Live || peer.report.state == NodeState::CatchingUp;
    if (!hears || age > peer_fresh_within || !follows || peer.report.wants_withdrawal ||
        peer.report.lineage != lineage) {
      continue;
    }
    ++count.fresh;
    if (peer.report.active_seq > seq) ++count.fresh_ahead;
  }
  return count;
}

}  // namespace tidemark::edge
