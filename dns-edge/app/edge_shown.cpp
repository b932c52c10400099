// What an edge says of itself: to its fleet, its admin listener and its log.
#include "core/base/u128.hpp"
#include "dns-edge/app/edge_inner.hpp"

namespace tidemark::edge {

std::string joined(const std::vector<net::SocketAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : " ") + net::to_text(address);
  return text;
}

void EdgeNode::Inner::report() { report_in = reporter.offer(report_of(feeder->status())); }

event::NodeReport EdgeNode::Inner::report_of(const consumer::FeederStatus& now) const {
  event::NodeReport report;
  report.node = settings.node;
  report.ring = settings.ring;
  report.state = now.state;
  report.lineage = now.version.lineage.value();
  report.staged_seq = now.version.seq.value();
  if (const auto& active = served.active()) {
    report.active_seq = active->version.seq.value();
    report.state_hash = active->version.state_hash.value();
  }
  report.offset = now.offset;
  report.chain = now.chain;
  report.health_offset = now.health_offset;
  report.accepted = now.accepted;
  report.rejected = now.rejected;
  report.undecodable = now.undecodable;
  report.started_ms = started_ms;
  report.build = settings.build;
  report.dns_listen = joined(served.addresses());
  report.admin_listen = net::to_text(admin->address());
  report.nacks = now.nacks;
  report.instance = instance;
  report.appended_ms = now.appended_ms;
  report.rebuilds = repair.rebuilds();
  if (const auto& last = repair.last()) {
    report.rebuilt_seq = last->seq;
    report.rebuilt_from_hash = last->from_hash;
    report.rebuilt_to_hash = last->to_hash;
  }
  report.wants_withdrawal = withdrawal.wants_withdrawal();
  report.held_before_seq = last_good.book().held_before;
  report.trouble = last_good.trouble();
  if (report.trouble.empty()) report.trouble = repair.trouble();
  if (report.trouble.empty() && !self_trouble.empty()) {
    report.trouble = "a question to itself was not answered as it must: " + self_trouble;
  }
  report.durable_seq = durable_seq;
  report.durable_sha256 = consumer::sha256_of_file_name(durable_file);
  report.snapshot_url = snapshot_url();
  if (now.pin) {
    report.pin_scope = now.pin->scope;
    report.pin_seq = now.pin->seq;
    report.pin_trouble = now.pin_trouble;
  }
  const Served::Totals totals = served.totals();
  report.answers = totals.answers;
  report.servfail = totals.servfail;
  report.nxdomain = totals.nxdomain;
  if (report.trouble.empty() && !now.watermark_trouble.empty()) {
    report.trouble = "watermark of ring " + settings.ring + ": " + now.watermark_trouble;
  }
  if (report.trouble.empty() && stale_seconds >= stale_warning.count()) {
    report.trouble = "nothing heard from the control plane for more than a minute";
  }
  return report;
}

std::string EdgeNode::Inner::snapshot_url() const {
  if (!share) return {};
  const std::string& advertised = settings.snapshots.advertised;
  if (!advertised.empty()) return advertised;
  const net::SocketAddress address = share->address();
  // Where others reach it nobody knows if it listens on all addresses.
  if (address.ip.octets == decltype(address.ip.octets){}) return {};
  return "http://" + net::to_text(address);
}

void EdgeNode::Inner::show() {
  const consumer::FeederStatus now = feeder->status();
  EdgeStatus shown;
  shown.node = settings.node;
  shown.ring = settings.ring;
  shown.dataset = settings.dataset;
  shown.build = settings.build;
  shown.state = event::to_text(now.state);
  shown.detail = now.detail;
  shown.lineage = base::to_hex(now.version.lineage.value());
  shown.chain = base::to_hex(now.chain);
  shown.staged_seq = now.version.seq.value();
  if (const auto& newest = served.newest()) {
    shown.active_seq = newest->version.seq.value();
    shown.state_hash = base::to_hex(newest->version.state_hash.value());
    shown.health_position = newest->health_position;
  }
  if (now.pin) {
    shown.pin = EdgeStatus::Pinned{now.pin->scope, now.pin->author, now.pin->reason,
                                   now.pin_trouble, now.pin->seq};
  }
  shown.retained_versions = now.retained_versions;
  shown.retained_octets = now.retained_octets;
  shown.heartbeat_ms = now.heartbeat_ms;
  shown.stale_seconds = stale_seconds;
  shown.control_skipped = now.control_skipped;
  shown.offset = now.offset;
  shown.log_next = now.log_next;
  shown.log_reachable = now.log_reachable;
  shown.appended_ms = now.appended_ms;
  shown.health_ms = now.health_ms;
  shown.accepted = now.accepted;
  shown.rejected = now.rejected;
  shown.undecodable = now.undecodable;
  shown.twins = now.twins;
  shown.health_undecodable = now.health_undecodable;
  shown.overlaps = now.overlaps;
  shown.divergences = now.divergences;
  const dataset::Dataset& dataset = feeder->state().dataset;
  shown.zones = dataset.zone_count();
  shown.rrsets = dataset.rrset_count();
  shown.pools = dataset.pool_slots();
  shown.dataset_octets = dataset.store().octets_in_use();
  shown.publications = served.publications();
  shown.retired_snapshots = served.retired();
  shown.snapshot_held = served.holds_snapshot();
  shown.listen = served.addresses();
  shown.snapshot_file = durable_file;
  shown.snapshot_file_seq = durable_seq;
  shown.snapshot_file_failures = save_failures;
  shown.report_failures = reporter.failures();
  show_trials(shown);
  show_late_zones(shown, now);
  show_proof(shown);
  show_bootstrap(shown);
  status.with([&](EdgeStatus& at) { at = std::move(shown); });
}

void EdgeNode::Inner::show_trials(EdgeStatus& shown) const {
  if (!withdrawal.file().empty()) shown.anycast = to_text(withdrawal.wanted());
  shown.held_before_seq = last_good.book().held_before;
  shown.held_until_seq = last_good.book().until;
  shown.held_reason = last_good.book().reason;
  shown.crashes_in_a_row = last_good.book().crashes;
  shown.good_seq = last_good.book().good;
  shown.soaking_seq = last_good.soaking();
  shown.self_questions = questions.asked();
  shown.self_failures = questions.wrong();
}

// Many turns a second need no new look.
void EdgeNode::Inner::show_late_zones(EdgeStatus& shown, const consumer::FeederStatus& now) {
  constexpr std::chrono::milliseconds look_pause{500};
  const auto time = clock.steady();
  if (time - late_looked >= look_pause) {
    late_looked = time;
    const auto& active = served.active();
    late_zones = active
                     ? zone_lag.look(active->version.seq.value(),
                                     std::max({now.appended_ms, now.health_ms, now.heartbeat_ms}))
                     : ZoneLag::Sight();
  }
  shown.zones_behind = late_zones.zones;
  for (const ZoneLag::Late& one : late_zones.latest) {
    shown.late_zones.push_back({one.zone, one.seconds});
  }
}

void EdgeNode::Inner::show_proof(EdgeStatus& shown) const {
  shown.rebuilds = repair.rebuilds();
  shown.disagrees = repair.is_busy() || !repair.trouble().empty();
  shown.trouble = repair.trouble();
  const auto& last = repair.last();
  if (!last) return;
  shown.rebuilt.emplace(EdgeStatus::Rebuilt{
      last->seq, base::to_hex(last->from_hash), base::to_hex(last->to_hash), last->controller, {}});
  for (const dataset::Difference& one : last->differences) {
    shown.rebuilt->differences.push_back(to_text(one));
  }
}

void EdgeNode::Inner::show_bootstrap(EdgeStatus& shown) {
  const Recovery::Shown now = recovery.shown();
  EdgeStatus::Bootstrap& at = shown.bootstrap;
  at.phase = to_text(now.fetch.phase);
  at.source = now.fetch.source;
  at.octets = now.fetch.octets;
  at.octets_total = now.fetch.octets_total;
  at.received = now.fetch.received;
  at.busy = now.fetch.busy;
  at.failures = now.fetch.failures;
  at.bad_files = now.fetch.bad_files;
  at.refused = now.refused;
  at.adopted = now.adopted;
  at.records_per_second = now.records_per_second;
  at.records_left = now.records_left;
  at.seconds_left = now.seconds_left;
  if (!share) return;
  shown.snapshot_url = snapshot_url();
  const SnapshotListener::Counters counted = share->counters();
  shown.share_downloads = counted.downloads;
  shown.share_octets = counted.octets;
  shown.share_refused = counted.refused;
}

void EdgeNode::Inner::tell_all(Severity severity, const std::vector<std::string>& lines) const {
  for (const std::string& line : lines) tell.remark(severity, line);
}

void EdgeNode::Inner::tell_state() const {
  const consumer::FeederStatus now = feeder->status();
  std::string line = event::to_text(now.state) + " at version " +
                     std::to_string(now.version.seq.value()) + ", offset " +
                     std::to_string(now.offset);
  if (now.version.seq.value() == 0 && now.state == event::NodeState::Live) {
    line += ": nothing is published yet, so nothing is served";
  }
  if (!now.detail.empty()) line += ": " + now.detail;
  const bool trouble =
      now.state == event::NodeState::Diverged || now.state == event::NodeState::Halted;
  tell.remark(trouble ? Severity::Error : Severity::Remark, line);
}

}  // namespace tidemark::edge
