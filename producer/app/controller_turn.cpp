// The turn of the controller's loop.
#include <algorithm>
#include <chrono>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "producer/app/controller_inner.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::seconds;

constexpr std::size_t fleet_records_per_turn_max = 4096;
constexpr seconds turn_at_least_every{1};
constexpr seconds save_period{600}, settle_within{10};
constexpr seconds commit_period{5};
constexpr seconds bootstrap_pause_max{60};
constexpr std::chrono::nanoseconds look_period = std::chrono::milliseconds(20);
constexpr std::chrono::nanoseconds full_pause = std::chrono::milliseconds(5);
constexpr seconds told_again_after{30};
constexpr std::size_t told_max = 100;  // different remarks within that time; more are left out

}  // namespace

// What goes wrong again and again is told once in `told_again_after`.
void Controller::Inner::tell(const std::vector<std::string>& remarks) {
  const auto now = clock.steady();
  std::erase_if(told, [&](const auto& one) { return now - one.second > told_again_after; });
  for (const std::string& remark : remarks) {
    if (told.size() < told_max && told.emplace(remark, now).second) spdlog::warn("{}", remark);
  }
}

void Controller::Inner::turn() {
  if (stopped || turning) return;
  turning = true;
  // A long import comes faster than the index can be written: the log keeps the rest.
  const bool pausing = history->is_full();
  const consumer::StepReport report = pausing ? consumer::StepReport{} : feeder->step();
  tell(report.remarks);
  history->turn(*feeder);
  tell(history->take_remarks());
  (void)feeder->take_snapshot();  // nobody here reads Snapshots, and one that waits pins memory
  if (report.folded > 0) publisher.passed(log::Offset(feeder->state().offset));
  if (report.state_changed) {
    const auto status = feeder->status();
    spdlog::info("{} at version {}, offset {} {}", event::to_text(status.state),
                 status.version.seq.value(), status.offset, status.detail);
    if (status.state == event::NodeState::Live) api->desk().settle_known();
    // Should the log be filled again with it, and this controller end over that.
    if (status.state == event::NodeState::Diverged) save(true);
  }
  bootstrap_if_needed();
  bootstrap_from_files();
  tell(loss.step(*feeder, [this] {
    history->doubt();
    history->turn(*feeder);  // before it hears of other records with the same offsets
  }));
  step_fleet();
  publish();
  tell(control_writer.step(feeder->has_read_control() ? &feeder->control() : nullptr));
  auto wanted = api->desk().step();
  tell(api->desk().take_remarks());
  if (const auto pins = api->pin_desk().step()) wanted = std::min(wanted.value_or(*pins), *pins);
  if (const auto held = api->held_desk().step()) wanted = std::min(wanted.value_or(*held), *held);
  if (const auto board = api->board().step()) wanted = std::min(wanted.value_or(*board), *board);
  tell(api->board().take_remarks());
  for (const std::string& step : api->board().take_progress()) spdlog::info("{}", step);
  tell(proof->step());
  heartbeat.step(heartbeat_of(*feeder));
  tell(snapshots->desk().step());
  save(false);
  if (clock.steady() - last_commit > commit_period) {
    last_commit = clock.steady();
    if (const auto committed = outbox.commit(); !committed)
      spdlog::warn("{}", committed.error().trail);
  }
  watch_bells(pausing);
  turning = false;
  if (pausing) wanted = std::min(wanted.value_or(full_pause), full_pause);
  if (files->is_busy() || loss.is_comparing()) {
    wanted = std::min(wanted.value_or(look_period), look_period);
  }
  if (report.call_again_in)
    wanted = std::min(wanted.value_or(*report.call_again_in), *report.call_again_in);
  schedule(wanted, report.more);
}

// Not into a log that is not, or not known to be, the one that was folded.
void Controller::Inner::publish() {
  const event::NodeState state = feeder->node_state();
  if (state == event::NodeState::Diverged || state == event::NodeState::Restored) return;
  const PublishReport report = publisher.step();
  tell(report.remarks);
}

void Controller::Inner::step_fleet() {
  auto drained = fleet_source.drain(fleet_records_per_turn_max);
  if (!drained) {
    spdlog::warn("fleet: {}", drained.error().trail);
    return;
  }
  for (const log::Record& record : drained->records) fleet.apply(record);
  for (const log::Happening happening : drained->happenings) {
    if (happening == log::Happening::CaughtUp) fleet.caught_up();
    if (happening == log::Happening::Overlap || happening == log::Happening::OutOfRange) {
      // Reports are facts of this second: reading them again from the first is harmless.
      const auto bounds = fleet_source.bounds();
      (void)fleet_source.start(bounds ? bounds->first : log::Offset(0));
    }
  }
}

// Nobody drains what the feeder reads while it pauses: those bells would not stop ringing.
void Controller::Inner::watch_bells(bool pausing) {
  const auto fed = [pausing](const consumer::LateSource& one) { return pausing ? -1 : one.bell(); };
  std::size_t i = 0;
  for (const int bell : {fed(changes), fed(health), fed(control_source), fleet_source.bell(),
                         changes_sink.bell(), control_sink.bell()}) {
    if (i == bells.size()) bells.emplace_back(io, [this] { turn(); });
    if (!bells[i++].follow(bell)) continue;
    turn_next();  // what came before it was watched
  }
}

// One at a time: were each bell's turn to post another, a long log would leave no time for the API.
void Controller::Inner::turn_next() {
  if (std::exchange(turn_posted, true)) return;
  boost::asio::post(io, [this] {
    turn_posted = false;
    turn();
  });
}

void Controller::Inner::schedule(std::optional<std::chrono::nanoseconds> wanted, bool more) {
  if (stopped) return;
  if (more) return turn_next();
  std::chrono::nanoseconds wait = turn_at_least_every;
  if (!changes.bounds()) wait = consumer::reopen_pause;  // not opened yet: nobody rings
  if (wanted) wait = std::min(wait, *wanted);
  timer.expires_after(wait);
  timer.async_wait([this](const auto& error) {
    if (!error) turn();
  });
}

// A request may have begun to wait. The timer is only ever brought forward.
void Controller::Inner::turn_soon() {
  constexpr std::chrono::milliseconds soon{20};
  if (timer.expiry() > boost::asio::steady_timer::clock_type::now() + soon) schedule(soon, false);
}

// Older snapshot files first, then the log from its beginning. Serving goes on meanwhile.
void Controller::Inner::bootstrap_if_needed() {
  const bool diverged = feeder->node_state() == event::NodeState::Diverged;
  if (!diverged && !feeder->status().needs_bootstrap) {
    if (feeder->node_state() == event::NodeState::Live) bootstrap_pause = bootstrap_pause_min;
    return;
  }
  const auto now = clock.steady();
  if (!bootstrap_due) bootstrap_due = now + bootstrap_pause;
  if (now < *bootstrap_due) return;
  bootstrap_due.reset();
  bootstrap_pause = std::min<std::chrono::nanoseconds>(bootstrap_pause * 2, bootstrap_pause_max);
  if (feeder->state().dataset.version().seq.value() == 0) {
    spdlog::warn("starting over from the beginning of {}", topic("changes"));
    feeder->bootstrap(std::nullopt);
    return;
  }
  if (!diverged) feeder->recheck();  // what to do when DIVERGED is told by LogLoss
}

void Controller::Inner::bootstrap_from_files() {
  tell(files->step(*feeder, [this] {
    std::vector<std::string> edges;
    for (const NodeStatus& node : fleet.nodes()) {
      if (!node.report.snapshot_url.empty()) edges.push_back(node.report.snapshot_url);
    }
    return edges;
  }));
}

void Controller::Inner::save(bool at_once) {
  const event::NodeState state = feeder->node_state();
  // Diverged too: what was acknowledged must survive a restart.
  if (state != event::NodeState::Live && state != event::NodeState::Diverged) return;
  const std::uint64_t seq = feeder->state().dataset.version().seq.value();
  const auto now = clock.steady();
  const bool due =
      at_once || seq - saved_seq >= settings.save_after_changes || now - last_save > save_period;
  if (seq == 0 || seq == saved_seq || !due) return;
  if (saving.joinable()) saving.join();
  saved_seq = seq;
  last_save = now;
  saving = std::thread([this, contents = feeder->contents()] {
    (void)history->settle(settle_within);  // an index behind its file would be built anew
    if (const auto saved = store.save(contents); !saved) {
      spdlog::error("snapshot file: {}", saved.error().trail);
    }
  });
}

}  // namespace tidemark::producer
