#include "dns-edge/app/snapshot_settings.hpp"

#include <fstream>

namespace tidemark::edge {

using base::Errc;
using base::Result;
using consumer::SnapshotSource;
using topics::ConfigKey;

namespace {

constexpr std::string_view announced = "announced", none = "none";
constexpr std::size_t sources_max = 64, token_octets_max = 4096;

Result<std::string> read_token(const std::string& file) {
  if (file.empty()) return std::string();
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token)) {
    return base::fail(Errc::Unavailable, "--snapshot-token-file " + file + ": cannot be read");
  }
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty() || token.size() > token_octets_max) {
    return base::fail(Errc::Invalid, "--snapshot-token-file " + file + ": no token in it");
  }
  return token;
}

Result<void> add_sources(const std::vector<std::string>& urls, const char* option,
                         SnapshotSource::Kind kind, const std::string& token,
                         SnapshotSettings& settings) {
  for (const std::string& text : urls) {
    auto url = consumer::base_url(text);
    if (!url) return std::unexpected(std::move(url).error().at(option));
    settings.sources.push_back({kind, *std::move(url), token});
  }
  if (settings.sources.size() <= sources_max) return {};
  return base::fail(Errc::Invalid, std::string(option) + ": more than " +
                                       std::to_string(sources_max) + " sources");
}

Result<void> add_share(const SnapshotArguments& arguments, SnapshotSettings& settings) {
  if (arguments.share.empty()) {
    if (arguments.advertised.empty()) return {};
    return base::fail(Errc::Invalid,
                      "--advertise-snapshots: nothing is shared; add "
                      "--share-snapshots ADDRESS:PORT");
  }
  auto address = net::parse_address(arguments.share);
  if (!address) {
    return std::unexpected(std::move(address).error().at("--share-snapshots " + arguments.share));
  }
  settings.share = *address;
  settings.advertised = arguments.advertised;
  if (settings.advertised.empty()) return {};
  if (auto url = consumer::base_url(settings.advertised); !url) {
    return std::unexpected(std::move(url).error().at("--advertise-snapshots"));
  }
  return {};
}

}  // namespace

std::vector<ConfigKey> snapshot_keys() {
  using Kind = ConfigKey::Kind;
  return {{"snapshots.peers", Kind::Texts},
          {"snapshots.from", Kind::Texts},
          {"snapshots.token_file"},
          {"snapshots.ca"},
          {"snapshots.share"},
          {"snapshots.advertise"}};
}

void add_snapshot_config(SnapshotArguments& arguments, const topics::ConfigFile& config) {
  const auto take = [&](std::string& into, std::string_view key) {
    if (into.empty()) into = config.text(key).value_or("");
  };
  if (arguments.peers.empty()) arguments.peers = config.texts("snapshots.peers");
  if (arguments.from.empty()) arguments.from = config.texts("snapshots.from");
  take(arguments.token_file, "snapshots.token_file");
  take(arguments.ca_file, "snapshots.ca");
  take(arguments.share, "snapshots.share");
  take(arguments.advertised, "snapshots.advertise");
}

Result<SnapshotSettings> snapshot_settings(const SnapshotArguments& arguments,
                                           const topics::LogSettings& log) {
  SnapshotSettings settings;
  settings.ca_file = arguments.ca_file;
  TIDEMARK_TRY(const std::string token, read_token(arguments.token_file));
  std::vector<std::string> controllers = arguments.from;
  const bool said_none = std::erase(controllers, none) != 0;
  settings.follows_announced = std::erase(controllers, announced) != 0;
  if (said_none && (settings.follows_announced || !controllers.empty())) {
    return base::fail(Errc::Invalid, "--snapshot-from none: and others beside it");
  }
  // On SQLite an edge may connect nowhere, unless it is told to.
  if (arguments.from.empty()) {
    settings.follows_announced = log.kind == topics::LogSettings::Kind::Kafka;
  }
  TIDEMARK_TRY_VOID(
      add_sources(arguments.peers, "--snapshot-peer", SnapshotSource::Kind::Peer, token, settings));
  TIDEMARK_TRY_VOID(add_sources(controllers, "--snapshot-from", SnapshotSource::Kind::Controller,
                                token, settings));
  TIDEMARK_TRY_VOID(add_share(arguments, settings));
  return settings;
}

}  // namespace tidemark::edge
