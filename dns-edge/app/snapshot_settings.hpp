// SnapshotSettings: from whom a node gets snapshot files, and to whom it gives its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumer/bootstrap/snapshot_source.hpp"
#include "core/base/result.hpp"
#include "net/address.hpp"
#include "topics/config_file.hpp"
#include "topics/log_url.hpp"

namespace tidemark::edge {

struct SnapshotSettings {
  std::vector<consumer::SnapshotSource> sources{};  // peers and controllers, with the token
  bool follows_announced = false;                   // and those that controllers announce
  std::string ca_file{};
  std::optional<net::SocketAddress> share{};  // where peers may fetch ours; absent: nowhere
  std::string advertised{};                   // the URL of that for others; empty: made of `share`
};

// As on the command line, before it is judged; lists and texts that are empty were not given.
struct SnapshotArguments {
  std::vector<std::string> peers{}, from{};
  std::string token_file{}, ca_file{}, share{}, advertised{};
};

std::vector<topics::ConfigKey> snapshot_keys();
// What the command line did not say.
void add_snapshot_config(SnapshotArguments& arguments, const topics::ConfigFile& config);
// Errors  Invalid, naming the option; Unavailable: the token file cannot be read.
[[nodiscard]] base::Result<SnapshotSettings> snapshot_settings(const SnapshotArguments& arguments,
                                                               const topics::LogSettings& log);

}  // namespace tidemark::edge
