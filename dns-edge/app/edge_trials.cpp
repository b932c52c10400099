// What a crash leaves, what has proved good, what the node asks itself, and whether others should
// take its queries.
#include "dns-edge/app/edge_inner.hpp"

namespace tidemark::edge {

// A full disk is no reason not to serve.
void EdgeNode::Inner::begin_trials() {
  auto mark = CrashMark::open(settings.state_folder);
  if (!mark) {
    tell.remark(Severity::Error, "crashes are not counted: " + mark.error().trail);
    tell_all(Severity::Warning, last_good.begin(std::nullopt));
    return;
  }
  crash_mark = *std::move(mark);
  tell_all(Severity::Warning, last_good.begin(crash_mark->found()));
  if (const auto cleared = crash_mark->clear(); !cleared) {
    tell.remark(Severity::Error, "crashes are not counted: " + cleared.error().trail);
  }
  crash_mark->note(0, newest_file);
  crash_mark->arm();
}

void EdgeNode::Inner::note_touched(std::uint64_t seq) {
  if (crash_mark) crash_mark->note(last_good.proven(), seq);
}

// A step folds at least the version after the newest one, if it folds any.
void EdgeNode::Inner::note_folding() {
  note_touched(feeder->state().dataset.version().seq.value() + 1);
}

void EdgeNode::Inner::note_folded(const consumer::FoldedChange& folded) {
  const auto* accepted = std::get_if<fold::Accepted>(&folded.judgement);
  if (accepted == nullptr || feeder->node_state() != event::NodeState::Live) return;
  questions.folded(folded.change);
  zone_lag.folded(folded.change, accepted->version.seq.value(), folded.appended.value());
}

void EdgeNode::Inner::note_serving(const dataset::Dataset& dataset) {
  note_touched(dataset.version().seq.value());
  if (tell.about_to_serve) tell.about_to_serve(dataset);
}

void EdgeNode::Inner::look_at_trials() {
  ask_itself();
  LastGood::Sight sight;
  if (const auto& active = served.active()) sight.active = active->version.seq.value();
  sight.file = durable_file;
  sight.file_seq = durable_seq;
  sight.writes_files = saver.is_busy();
  if (feeder->has_read_control()) sight.control = &feeder->control();
  tell_all(Severity::Warning, last_good.step(sight));
  feeder->hold(last_good.hold());
  if (const auto& newest = served.newest()) {
    note_touched(newest->version.seq.value());
  }
}

void EdgeNode::Inner::ask_itself() {
  if (const auto findings = questions.take()) {
    std::string trouble = findings->wrong.empty() ? "" : findings->wrong.front();
    if (!trouble.empty()) last_good.failed_question();
    if (!trouble.empty() && trouble != self_trouble) {
      for (const std::string& one : findings->wrong) {
        tell.remark(Severity::Error, "a question to itself was not answered as it must: " + one);
      }
    }
    self_trouble = std::move(trouble);
  }
  if (!served.holds_snapshot() || !questions.is_due(clock.steady())) return;
  if (const auto snapshot = served.newest_snapshot().copy()) {
    questions.begin(*snapshot, clock.steady());
  }
}

void EdgeNode::Inner::look_at_anycast() {
  if (withdrawal.file().empty()) return;
  peers.step();
  const consumer::FeederStatus now = feeder->status();
  Withdrawal::Sight sight;
  sight.serves = !served.addresses().empty();
  sight.pinned = now.pin.has_value();
  if (const auto& active = served.active()) {
    sight.peers = peers.count(active->version.lineage.value(), active->version.seq.value());
  }
  if (const auto said = withdrawal.step(sight, clock.steady())) {
    tell.remark(Severity::Warning, *said);
    anycast_unsaid = true;
  }
  if (anycast_unsaid) say_anycast(withdrawal.wanted());
}

// What could not be written is tried again with the next turn, and told once.
void EdgeNode::Inner::say_anycast(Anycast anycast) {
  if (withdrawal.file().empty()) return;
  const auto written = withdrawal.write(anycast);
  anycast_unsaid = !written.has_value();
  const std::string trouble = written ? "" : written.error().trail;
  if (!trouble.empty() && trouble != anycast_trouble) {
    tell.remark(Severity::Error, "anycast: " + trouble);
  }
  anycast_trouble = trouble;
}

}  // namespace tidemark::edge
