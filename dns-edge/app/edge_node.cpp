#include "dns-edge/app/edge_node.hpp"

#include <limits>

#include <boost/asio/post.hpp>

#include "dns-edge/app/edge_inner.hpp"

namespace tidemark::edge {

namespace {

using base::Result;
using namespace std::chrono_literals;

// An idle node looks about this often: reports, deadlines of the feeder.
constexpr std::chrono::nanoseconds turn_period_max = 1s;
// While workers pass to a new version; while retired Snapshots wait to be freed.
constexpr std::chrono::nanoseconds settle_period = 1ms, reclaim_period = 97ms;
// While a file is fetched.
constexpr std::chrono::nanoseconds look_period = 20ms;
// A snapshot file is written when changes have paused, and now and then while they do not. Writing
// takes at most 1/20 of the time.
constexpr std::chrono::nanoseconds save_after_pause = 1s, save_period = 10s;
constexpr int save_rest = 20;

ServeSettings serve_settings(const EdgeSettings& settings) {
  ServeSettings serve;
  serve.listen = settings.listen;
  serve.workers = settings.workers;
  serve.addresses = settings.addresses;
  serve.answers.nsid = settings.nsid;
  serve.rate = settings.rate;
  serve.answers.stale_answer_seconds = settings.stale_answer_seconds;
  return serve;
}

// What is folded is what this node stands for: a diverged or halted node too keeps it for a
// restart.
bool is_settled(event::NodeState state) {
  return state == event::NodeState::Live || state == event::NodeState::Diverged ||
         state == event::NodeState::Halted;
}

}  // namespace

EdgeNode::Inner::Inner(boost::asio::io_context& with_io, EdgeSettings with_settings, Tell with_tell,
                       std::unique_ptr<log::Log> with_log,
                       std::unique_ptr<consumer::PosixDisk> with_disk)
    : io(with_io),
      settings(std::move(with_settings)),
      tell(std::move(with_tell)),
      started_ms(static_cast<std::uint64_t>(clock.wall().count())),
      seed(consumer::draw_hash_seed(random)),
      log(std::move(with_log)),
      disk(std::move(with_disk)),
      store(*disk, consumer::lineage_of(settings.dataset)),
      last_good(settings.last_good, {clock, *disk, store}, settings.node, settings.build),
      changes(clock, [this] { return log->source(settings.dataset + ".changes"); }),
      health(clock, [this] { return log->source(settings.dataset + ".health"); }),
      control(clock, [this] { return log->source(settings.dataset + ".control"); }),
      served(serve_settings(settings)),
      questions(served.answers()),
      fleet(clock, [this] { return log->source(settings.dataset + ".fleet"); }),
      peers(fleet, clock, settings.node, settings.ring),
      withdrawal(settings.withdrawal),
      recovery({clock, random, *disk, *log}, settings.dataset, seed, settings.snapshots),
      repair({clock, random, *log, *disk, settings.dataset, seed}),
      succession({clock, random, *log, settings.dataset, seed}),
      saver(store),
      pins(*disk, store, consumer::lineage_of(settings.dataset), seed),
      reporter(*log, settings.dataset + ".fleet", clock),
      changes_watch(io, [this] { turn(); }),
      health_watch(io, [this] { turn(); }),
      control_watch(io, [this] { turn(); }),
      timer(io) {}

Result<void> EdgeNode::Inner::begin() {
  TIDEMARK_TRY(auto lock, consumer::FolderLock::take(settings.state_folder));
  folder_lock.emplace(std::move(lock));
  TIDEMARK_TRY(cookie_keys, CookieKeys::open(settings.cookies, random));
  TIDEMARK_TRY_VOID(check_addresses_free(settings.listen, settings.addresses));
  begin_trials();
  consumer::RestoreReport restored = store.restore(seed);
  tell_all(Severity::Warning, restored.remarks);
  if (restored.contents) {
    note_serving(restored.contents->state.dataset);
    const fold::State& state = restored.contents->state;
    saved_offset = state.offset;
    durable_seq = state.dataset.version().seq.value();
    durable_file = restored.file;
    tell.remark(Severity::Remark, "restored version " + std::to_string(durable_seq) + " from " +
                                      settings.state_folder + "/" + restored.file);
  }
  consumer::PinFiles::Found pinned = pins.restore();
  tell_all(Severity::Warning, pinned.remarks);
  const consumer::Hold hold = last_good.hold();
  if (hold.before_seq != 0 && pinned.pin && pinned.pin->dataset &&
      pinned.pin->dataset->version().seq.value() >= hold.before_seq) {
    pinned.pin->dataset.reset();
  }
  if (pinned.pin && pinned.pin->pin.seq != 0) {
    tell.remark(Severity::Warning, "still pinned: " + consumer::to_text(pinned.pin->pin));
  }
  feeder = std::make_unique<consumer::Feeder>(
      consumer::FeederSettings{.dataset_name = settings.dataset,
                               .seed = seed,
                               .node = settings.node,
                               .ring = settings.ring,
                               .retain_versions = settings.retain_versions,
                               .retain_octets = settings.retain_octets},
      consumer::FeederPorts{.clock = clock,
                            .changes = changes,
                            .health = &health,
                            .control = &control,
                            .log_identity = [this] { return log->identity(); },
                            .folded = [this](const auto& folded) { note_folded(folded); }},
      std::move(restored.contents), std::move(pinned.pin));
  feeder->hold(hold);
  staleness.emplace(clock, feeder->observations().log_ms());
  say_anycast(Anycast::Withdraw);
  show();
  const auto find_version = [this, here = std::weak_ptr(alive)](std::uint64_t seq,
                                                                AdminPorts::Found found) {
    boost::asio::post(io, [this, here, seq, found = std::move(found)] {
      if (here.lock()) found(feeder->version_at(dataset::Seq(seq)));
    });
  };
  TIDEMARK_TRY(admin,
               Admin::start(settings.admin, {status, served.workers(), served.newest_snapshot(),
                                             served.answers(), find_version}));
  if (settings.snapshots.share) {
    TIDEMARK_TRY(share, SnapshotListener::start(*settings.snapshots.share, random));
    offer_file();
  }
  timer.expires_after(0ns);  // not posted: a node that ends before its first turn takes it along
  timer.async_wait([this](boost::system::error_code error) {
    if (!error) turn();
  });
  return {};
}

void EdgeNode::Inner::turn() {
  if (stopped) return;
  if (!publish()) return;  // a restored one, before the first step asks the log
  note_folding();
  const consumer::StepReport stepped = feeder->step();
  changes_watch.follow(changes.bell());
  health_watch.follow(health.bell());
  control_watch.follow(control.bell());
  tell_all(Severity::Warning, stepped.remarks);
  if (!publish()) return;
  if (stepped.state_changed) tell_state();
  look_at_cookie_keys();
  tell_staleness();
  look_at_proof();
  if (!repair.is_busy()) recover();
  served.settle();
  look_at_pin();
  look_at_trials();
  look_at_anycast();
  report();
  save_if_due();
  show();
  wait(stepped);
}

// False if this node cannot serve at all.
bool EdgeNode::Inner::publish() {
  auto snapshot = feeder->take_snapshot();
  if (!snapshot) return true;
  if (settings.cookies.from != CookieSettings::From::Nothing) {
    auto with_secrets = std::make_unique<consumer::Snapshot>(*snapshot);
    with_secrets->cookie_secrets = cookie_keys->secrets_for(snapshot->dataset.cookie_salts());
    snapshot = std::move(with_secrets);
  }
  const bool first = !served.holds_snapshot();
  note_serving(snapshot->dataset);
  if (const auto published = served.publish(std::move(snapshot)); !published) {
    tell.failed(published.error().trail);
    return false;
  }
  if (first) {
    tell.remark(Severity::Remark, "answering on " + joined(served.addresses()) +
                                      " (UDP and TCP) from version " +
                                      std::to_string(served.newest()->version.seq.value()));
  }
  return true;
}

// A file of keys that changed counts at once; one that is broken is told once.
void EdgeNode::Inner::look_at_cookie_keys() {
  const auto changed = cookie_keys->refresh();
  if (!changed) {
    const std::string& trouble = changed.error().trail;
    if (trouble == std::exchange(cookie_trouble, trouble)) return;
    tell.remark(Severity::Error, "cookies: " + trouble + "; the keys read before stay in force");
    return;
  }
  cookie_trouble.clear();
  if (!*changed || !served.holds_snapshot()) return;
  const auto& salts = served.snapshot().dataset.cookie_salts();
  served.republish(cookie_keys->secrets_for(salts));
  tell.remark(Severity::Remark, "cookies: " + settings.cookies.file + " was read again");
}

void EdgeNode::Inner::look_at_pin() {
  tell_all(Severity::Warning, pins.follow(*feeder, clock.steady()));
  if (saver.is_busy()) return;
  if (const auto said = pins.provide(*feeder)) {
    tell.remark(Severity::Warning, *said);
    (void)publish();
  }
}

void EdgeNode::Inner::look_at_proof() {
  const event::NodeState before = feeder->node_state();
  tell_all(Severity::Warning, repair.step(*feeder));
  if (feeder->node_state() != before) tell_state();
  if (!repair.took_rebuilt()) return;
  saved_offset = -1;  // what the newest file holds is wrong
  (void)publish();
}

void EdgeNode::Inner::recover() {
  tell_all(Severity::Warning, succession.step(*feeder));
  Recovery::Turn turn = recovery.step(*feeder);
  tell_all(Severity::Remark, turn.remarks);
  tell_all(Severity::Warning, turn.warnings);
  if (turn.keep) to_keep = std::move(turn);
  (void)publish();
}

void EdgeNode::Inner::offer_file() {
  if (!share || durable_file.empty()) return;
  share->offer(settings.state_folder + "/" + durable_file,
               consumer::sha256_of_file_name(durable_file));
}

void EdgeNode::Inner::tell_staleness() {
  const std::chrono::seconds age = staleness->look(feeder->status());
  if (const auto said = staleness->take_remark()) tell.remark(Severity::Warning, *said);
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  stale_seconds = static_cast<std::uint32_t>(std::min<std::int64_t>(age.count(), most));
  served.set_stale_seconds(stale_seconds);
}

void EdgeNode::Inner::wait(const consumer::StepReport& stepped) {
  std::chrono::nanoseconds pause = turn_period_max;
  if (stepped.call_again_in) pause = std::min(pause, *stepped.call_again_in);
  if (!changes.is_open() || !health.is_open() || !control.is_open()) {
    pause = std::min<std::chrono::nanoseconds>(pause, consumer::reopen_pause);
  }
  if (recovery.is_busy() || succession.is_busy())
    pause = std::min<std::chrono::nanoseconds>(pause, look_period);
  if (report_in) pause = std::min(pause, *report_in);
  if (served.retired() != 0) pause = std::min(pause, reclaim_period);
  const auto& active = served.active();
  if (active && !(active->version == served.newest()->version)) {
    pause = std::min(pause, settle_period);
  }
  if (stepped.more) pause = 0ns;
  timer.expires_after(std::max<std::chrono::nanoseconds>(pause, 0ns));
  timer.async_wait([this](boost::system::error_code error) {
    if (!error) turn();
  });
}

void EdgeNode::Inner::save_if_due() {
  note_saved();
  if (saver.is_busy() || repair.is_busy()) return;  // what may be wrong does not displace a file
  if (to_keep) {
    saved_offset = to_keep->keep_offset;
    saver.keep(*std::move(to_keep->keep), to_keep->keep_seq);
    return to_keep.reset();
  }
  if (!is_settled(feeder->node_state()) || feeder->status().held_back) return;
  if (last_good.hold().until_seq != 0) return;  // on the way past versions that crash
  const fold::State& state = feeder->state();
  if (state.offset == saved_offset || state.dataset.version().seq.value() == 0) return;
  const auto now = clock.steady();
  if (state.offset != moved_to) {
    moved_to = state.offset;
    moved_at = now;
  }
  if (last_save) {
    const auto rested = now - *last_save;
    const bool paused = now - moved_at >= save_after_pause;
    if (rested < std::max(save_pause, paused ? save_after_pause : save_period)) return;
  }
  last_save = now;
  saved_offset = state.offset;
  saver.save(feeder->contents());
}

void EdgeNode::Inner::note_saved() {
  const auto done = saver.take_done();
  if (!done) return;
  save_pause = done->took * save_rest;
  if (!done->saved) {
    ++save_failures;
    saved_offset = -1;  // not there: try again when it is due
    tell.remark(Severity::Error, "snapshot file: " + done->saved.error().trail);
    return;
  }
  durable_seq = done->seq;
  durable_file = done->saved->name;
  offer_file();
  if (done->saved->written) tell_all(Severity::Warning, repair.saved(durable_file));
  tell_all(Severity::Warning, done->saved->remarks);
}

void EdgeNode::Inner::stop() {
  if (std::exchange(stopped, true)) return;
  timer.cancel();
  changes_watch.follow(-1);
  health_watch.follow(-1);
  control_watch.follow(-1);
  say_anycast(Anycast::Withdraw);  // and then the sockets
  served.stop();
  if (admin) reporter.leave(report_of(feeder->status()));
  repair.stop();
  succession.stop();
  pins.finish();
  saver.finish();
  last_save.reset();
  save_if_due();
  saver.finish();
  note_saved();
  questions.finish();
  last_good.finish();
  share.reset();
  alive.reset();
  admin.reset();
}

EdgeNode::EdgeNode(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

EdgeNode::~EdgeNode() { stop(); }

Result<std::unique_ptr<EdgeNode>> EdgeNode::start(boost::asio::io_context& io,
                                                  EdgeSettings settings, Tell tell) {
  TIDEMARK_TRY(auto log, topics::open_log(settings.log));
  auto disk = consumer::PosixDisk::open(settings.state_folder);
  if (!disk) return std::unexpected(std::move(disk).error().at("--state-dir"));
  auto inner = std::make_unique<Inner>(io, std::move(settings), std::move(tell), std::move(log),
                                       *std::move(disk));
  TIDEMARK_TRY_VOID(inner->begin());
  return std::unique_ptr<EdgeNode>(new EdgeNode(std::move(inner)));
}

void EdgeNode::stop() { inner_->stop(); }

net::SocketAddress EdgeNode::admin_address() const { return inner_->admin->address(); }

std::vector<net::SocketAddress> EdgeNode::addresses() const { return inner_->served.addresses(); }

}  // namespace tidemark::edge
