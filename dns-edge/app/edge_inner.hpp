// The inside of EdgeNode: its parts in the order in which they are made, and the turn of its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "consumer/feeder/feeder.hpp"
#include "consumer/feeder/late_log.hpp"
#include "consumer/snapshot_file/folder_lock.hpp"
#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "dns-edge/admin/admin.hpp"
#include "dns-edge/admin/snapshot_listener.hpp"
#include "dns-edge/app/cookie_keys.hpp"
#include "dns-edge/app/crash_mark.hpp"
#include "dns-edge/app/edge_node.hpp"
#include "dns-edge/app/last_good.hpp"
#include "dns-edge/app/node_reporter.hpp"
#include "dns-edge/app/peer_watch.hpp"
#include "dns-edge/app/pin_keeper.hpp"
#include "dns-edge/app/recovery.hpp"
#include "dns-edge/app/self_questions.hpp"
#include "dns-edge/app/self_repair.hpp"
#include "dns-edge/app/served.hpp"
#include "dns-edge/app/snapshot_saver.hpp"
#include "dns-edge/app/staleness.hpp"
#include "dns-edge/app/succession_watch.hpp"
#include "dns-edge/app/withdrawal.hpp"
#include "dns-edge/app/zone_lag.hpp"
#include "net/bell_watch.hpp"
#include "net/system_ports.hpp"

namespace tidemark::edge {

// "127.0.0.1:53 [::1]:53"
std::string joined(const std::vector<net::SocketAddress>& addresses);

struct EdgeNode::Inner {
  Inner(boost::asio::io_context& io, EdgeSettings settings, Tell tell,
        std::unique_ptr<log::Log> log, std::unique_ptr<consumer::PosixDisk> disk);

  base::Result<void> begin();
  void stop();

  // One turn: step, publish, report, save, wait.
  void turn();
  bool publish();
  void look_at_cookie_keys();
  void look_at_pin();
  void recover();
  void look_at_proof();
  void begin_trials();
  void note_touched(std::uint64_t seq);
  void note_folding();
  void note_folded(const consumer::FoldedChange& folded);
  void note_serving(const dataset::Dataset& dataset);
  void look_at_trials();
  void ask_itself();
  void look_at_anycast();
  void say_anycast(Anycast anycast);
  void offer_file();
  std::string snapshot_url() const;
  void tell_staleness();
  void save_if_due();
  void note_saved();
  void show();
  void show_proof(EdgeStatus& shown) const;
  void show_trials(EdgeStatus& shown) const;
  void show_late_zones(EdgeStatus& shown, const consumer::FeederStatus& now);
  void show_bootstrap(EdgeStatus& shown);
  void report();
  event::NodeReport report_of(const consumer::FeederStatus& now) const;
  void wait(const consumer::StepReport& stepped);
  void tell_all(Severity severity, const std::vector<std::string>& lines) const;
  void tell_state() const;

  boost::asio::io_context& io;
  const EdgeSettings settings;
  const Tell tell;
  net::SystemClock clock;
  net::SystemRandom random;
  const std::uint64_t started_ms;
  const base::U128 instance{random.next(), random.next()};
  const dataset::HashSeed seed;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<consumer::PosixDisk> disk;
  std::optional<consumer::FolderLock> folder_lock;  // from begin() on
  consumer::SnapshotStore store;
  std::unique_ptr<CrashMark> crash_mark;  // from begin() on, if there is place for it
  LastGood last_good;
  consumer::LateSource changes;
  consumer::LateSource health;
  consumer::LateSource control;
  Guarded<EdgeStatus> status;
  Served served;
  SelfQuestions questions;
  std::string self_trouble;  // told already
  ZoneLag zone_lag;
  ZoneLag::Sight late_zones;
  std::chrono::nanoseconds late_looked{0};
  std::optional<CookieKeys> cookie_keys;  // from begin() on
  std::string cookie_trouble;             // told already
  std::optional<Staleness> staleness;     // from begin() on
  std::uint32_t stale_seconds = 0;
  consumer::LateSource fleet;  // read only for the withdrawal
  PeerWatch peers;
  Withdrawal withdrawal;
  bool anycast_unsaid = false;
  std::string anycast_trouble;  // told already
  std::unique_ptr<consumer::Feeder> feeder;
  Recovery recovery;
  SelfRepair repair;
  SuccessionWatch succession;
  SnapshotSaver saver;
  PinKeeper pins;
  NodeReporter reporter;
  std::unique_ptr<Admin> admin;
  std::unique_ptr<SnapshotListener> share;  // if it shares
  net::BellWatch changes_watch;
  net::BellWatch health_watch;
  net::BellWatch control_watch;
  boost::asio::steady_timer timer;
  std::int64_t saved_offset = -1;  // of the newest file, written or being written
  std::uint64_t durable_seq = 0;
  std::string durable_file;
  std::optional<Recovery::Turn> to_keep;  // a fetched file that waits for the saver
  std::uint64_t save_failures = 0;
  std::optional<std::chrono::nanoseconds> last_save;
  std::chrono::nanoseconds save_pause{0};
  std::int64_t moved_to =
      -1;  // offset that the fold had when it was looked at last, and since when
  std::chrono::nanoseconds moved_at{0};
  std::optional<std::chrono::nanoseconds> report_in;  // news that waits for its turn
  bool stopped = false;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // what was posted may still come
};

}  // namespace tidemark::edge
