// The inside of Controller: its parts in the order in which they are made, and the turn of its
// loop.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "consumer/feeder/feeder.hpp"
#include "consumer/feeder/late_log.hpp"
#include "consumer/snapshot_file/folder_lock.hpp"
#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "net/bell_watch.hpp"
#include "net/http_server.hpp"
#include "net/system_ports.hpp"
#include "producer/api/api.hpp"
#include "producer/api/control_writer.hpp"
#include "producer/api/fleet_proof.hpp"
#include "producer/api/history_desk.hpp"
#include "producer/api/history_keeper.hpp"
#include "producer/app/controller.hpp"
#include "producer/app/file_bootstrap.hpp"
#include "producer/app/heartbeat.hpp"
#include "producer/app/log_loss.hpp"
#include "producer/app/snapshot_files.hpp"
#include "producer/app/topics_setup.hpp"
#include "producer/publish/publisher.hpp"

namespace tidemark::producer {

constexpr std::chrono::seconds bootstrap_pause_min{2};

struct Controller::Inner {
  Inner(boost::asio::io_context& io, ControllerSettings settings, std::unique_ptr<log::Log> log,
        consumer::FolderLock lock, std::unique_ptr<consumer::PosixDisk> disk, Outbox outbox,
        std::function<void()> ended);
  ~Inner();

  std::string topic(std::string_view kind) const {
    return settings.dataset + "." + std::string(kind);
  }

  // Once, in this order.
  base::Result<void> begin();
  base::Result<void> begin_snapshots();
  void set_up_topics();
  void topics_found(const TopicsFound& found);
  void stop(std::function<void()> stopped);

  // One turn: fold, judge, answer, publish, save, wait.
  void turn();
  void step_fleet();
  void publish();
  void watch_bells(bool pausing);
  void schedule(std::optional<std::chrono::nanoseconds> wanted, bool more);
  void turn_next();
  void turn_soon();
  void bootstrap_if_needed();
  void bootstrap_from_files();
  void save(bool at_once);
  void tell(const std::vector<std::string>& remarks);

  boost::asio::io_context& io;
  const ControllerSettings settings;
  std::function<void()> ended;
  consumer::FolderLock lock;
  std::unique_ptr<log::Log> log;
  net::SystemClock clock;
  net::SystemRandom random;
  const dataset::HashSeed seed;
  std::unique_ptr<consumer::PosixDisk> disk;
  consumer::SnapshotStore store;
  Outbox outbox;
  consumer::LateSource changes, health, fleet_source, control_source;
  consumer::LateSink changes_sink, control_sink;
  FleetView fleet;
  Publisher publisher;
  ControlWriter control_writer;
  Heartbeat heartbeat;
  LogLoss loss;
  std::unique_ptr<FileBootstrap> files;  // from begin_snapshots() on
  std::unique_ptr<HistoryKeeper> history;
  std::unique_ptr<consumer::Feeder> feeder;
  std::unique_ptr<HistoryDesk> past;
  std::unique_ptr<SnapshotFiles> snapshots;
  std::unique_ptr<FleetProof> proof;
  std::unique_ptr<Api> api;
  std::unique_ptr<net::HttpServer> server;
  boost::asio::steady_timer timer;
  std::unique_ptr<TopicsSetup> setup;

  std::deque<net::BellWatch> bells;  // of each Source and Sink above
  std::thread saving;                // writes one snapshot file
  std::uint64_t saved_seq = 0;
  std::chrono::nanoseconds last_save{0}, last_commit{0};
  std::optional<std::chrono::nanoseconds> bootstrap_due;
  std::chrono::nanoseconds bootstrap_pause = bootstrap_pause_min;
  std::map<std::string, std::chrono::nanoseconds> told;
  bool turning = false, turn_posted = false;
  bool stopped = false;
};

}  // namespace tidemark::producer
