// Controller: one process of the writing side: its own feeder, the outbox and its publisher, the
// HTTP API, the fleet's reports, heartbeats, snapshot files. One loop, one thread; waiting for
// disks and for the log's administration is left to two short-lived threads.
//
// It starts and serves with the log away: reads come from its newest snapshot file, changes wait in
// the outbox.
//
// Threads   All calls: the io_context's.
// Requires  The io_context outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/bootstrap/snapshot_source.hpp"
#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "net/address.hpp"
#include "net/token.hpp"
#include "producer/api/rollout.hpp"
#include "producer/api/snapshot_desk.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::producer {

struct ControllerSettings {
  std::string dataset;
  std::string name;
  std::string state_folder;
  net::SocketAddress api;
  std::optional<net::Tokens> tokens{};  // absent: loopback only, and everybody there may write
  std::vector<log::TopicSettings> topics;
  std::vector<log::TopicSettings> topics_of_one_copy{};  // taken if brokers are too few; or empty
  std::size_t zone_body_octets_max = 32 * 1024 * 1024;
  std::size_t outbox_entries_max = 10'000;
  std::uint64_t save_after_changes = 1000;
  RolloutSettings rollout{};
  std::vector<consumer::SnapshotSource> snapshot_sources{};  // beside those that the log names
  // A topic made anew is filled again after so long; nothing: never.
  std::optional<std::chrono::seconds> refill_after = std::chrono::seconds(60);
  SnapshotDeskSettings snapshots{};  // whose base_url, if empty, is that of `api`
};

class Controller {
 public:
  // `ended`: called once when it cannot go on (fatal differences of the topics).
  [[nodiscard]] static base::Result<std::unique_ptr<Controller>> start(
      boost::asio::io_context& io, ControllerSettings settings, std::unique_ptr<log::Log> log,
      std::function<void()> ended);
  ~Controller();

  std::uint16_t api_port() const;
  // Answers whoever waits, then saves everything; calls `stopped` when nothing is left to do.
  void stop(std::function<void()> stopped);

 private:
  struct Inner;
  explicit Controller(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::producer
