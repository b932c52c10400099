// EdgeSettings: what an operator tells an edge node, from the command line and a YAML file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "dns-edge/app/cookie_keys.hpp"
#include "dns-edge/app/last_good.hpp"
#include "dns-edge/app/snapshot_settings.hpp"
#include "dns-edge/app/withdrawal.hpp"
#include "dns-edge/sandbox/sandbox.hpp"
#include "dns-edge/serve/rate_limiter.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "net/address.hpp"
#include "topics/log_url.hpp"

namespace tidemark::edge {

struct EdgeSettings {
  topics::LogSettings log{};
  std::string dataset{};
  std::string state_folder{};
  std::vector<net::SocketAddress> listen{};
  net::SocketAddress admin{};
  std::size_t workers = 1;
  Sharing addresses = Sharing::Alone;  // Shared: takes over from a process that has them
  std::string node{};
  std::string ring = "default";
  std::string nsid{};
  RateSettings rate{};
  std::string build{};
  std::string user{};  // NAME[:GROUP] to become when started as root; empty: stay
  SandboxMode sandbox = SandboxMode::BestEffort;
  std::vector<std::uint16_t> broker_ports{};  // empty: any
  CookieSettings cookies{};
  SnapshotSettings snapshots{};
  std::uint32_t stale_answer_seconds = 900;  // then answers carry EDE 3; 0: never
  std::size_t retain_versions = 1000;        // held for pins and rollback
  std::size_t retain_octets = std::size_t{256} * 1024 * 1024;
  LastGoodSettings last_good{};
  WithdrawalSettings withdrawal{};
  bool verbose = false;
};

// The command line as it is, before it is judged. Lists and texts that are empty were not given.
struct Arguments {
  std::string config{};
  std::string log{}, dataset{}, state_folder{}, admin{}, node{}, ring{}, nsid{}, user{}, sandbox{};
  std::vector<std::string> listen{}, broker_ports{};
  std::size_t workers = 0;
  std::string cookie_key_file{}, cookie_secret_file{};
  bool cookies_local = false, take_over = false;
  SnapshotArguments snapshots{};
  std::optional<std::int64_t> stale_answer_seconds{}, retain_versions{}, retain_mebioctets{};
  // From the file only.
  std::optional<std::int64_t> soak_seconds{}, crash_window_seconds{};
  std::string withdrawal_file{};
  std::optional<std::int64_t> withdraw_after_seconds{}, withdraw_again_seconds{};
  topics::KafkaTls tls{};
  std::vector<std::string> kafka_properties{};
  RateSettings rate{};  // from the file only
  bool verbose = false;
};

// Arguments come before what `config` says; what neither says gets its default: one worker a core,
// the host's name, admin on 127.0.0.1:9153.
// Errors  Invalid, naming the option or FILE:LINE:COLUMN, and what would be right.
[[nodiscard]] base::Result<EdgeSettings> read_settings(Arguments arguments);

}  // namespace tidemark::edge
