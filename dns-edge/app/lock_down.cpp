#include "dns-edge/app/lock_down.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "dns-edge/serve/settings.hpp"

namespace tidemark::edge {

namespace {

using base::Result;
using topics::LogSettings;

// Descriptors beside those of DNS clients: admin's connections (64), the log's files or the brokers
// of a cluster, loops, bells, a snapshot file, what the process was given.
constexpr std::uint64_t open_files_beside = 512;
constexpr std::uint64_t open_files_of_worker = 8;  // its loop and bells

// What the C library, OpenSSL and librdkafka read when they feel like it: names of brokers, roots
// of trust, name service modules, time zones, entropy, how many cores there are.
std::vector<std::string> system_files() {
  return {"/etc/resolv.conf",
          "/run/systemd/resolve",
          "/run/resolvconf",
          "/run/NetworkManager",
          "/etc/hosts",
          "/etc/host.conf",
          "/etc/gai.conf",
          "/etc/nsswitch.conf",
          "/etc/services",
          "/etc/protocols",
          "/etc/localtime",
          "/usr/share/zoneinfo",
          "/etc/ssl",
          "/etc/pki",
          "/usr/share/ca-certificates",
          "/usr/local/share/ca-certificates",
          "/etc/ld.so.cache",
          "/usr/lib",
          "/usr/lib64",
          "/lib",
          "/lib64",
          "/usr/local/lib",
          "/dev/null",
          "/dev/urandom",
          "/dev/random",
          "/sys/devices/system/cpu"};
}

// librdkafka's properties that name a file or a folder.
constexpr std::string_view file_properties[] = {
    "ssl.ca.location",       "ssl.certificate.location", "ssl.key.location",   "ssl.crl.location",
    "ssl.keystore.location", "sasl.kerberos.keytab",     "ssl.engine.location"};

void add_log_files(const LogSettings& log, Confinement& wanted) {
  if (log.kind == LogSettings::Kind::Sqlite) {
    // Beside the log stand its -wal and -shm; a link leads to another folder.
    const std::filesystem::path path(log.path);
    std::error_code ignored;
    const auto real = std::filesystem::weakly_canonical(path, ignored);
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    wanted.writable.push_back(folder);
    if (!ignored && std::filesystem::weakly_canonical(folder, ignored) != real.parent_path()) {
      wanted.writable.push_back(real.parent_path().string());
    }
    return;
  }
  for (const std::string* file : {&log.tls.ca, &log.tls.certificate, &log.tls.key}) {
    if (!file->empty()) wanted.readable.push_back(*file);
  }
  for (const std::string_view name : file_properties) {
    const auto found = log.properties.find(std::string(name));
    if (found != log.properties.end()) wanted.readable.push_back(found->second);
  }
}

// Sources of snapshot files: their ports and no others. Who announces itself says its port much
// later: to follow such ones on SQLite opens all.
void add_snapshot_sources(const EdgeSettings& settings, Confinement& wanted) {
  const SnapshotSettings& snapshots = settings.snapshots;
  if (snapshots.share) wanted.bind_ports.push_back(snapshots.share->port);
  if (!snapshots.ca_file.empty()) wanted.readable.push_back(snapshots.ca_file);
  if (wanted.outgoing == Outgoing::AnyPort) return;
  if (snapshots.follows_announced && settings.broker_ports.empty()) {
    wanted.outgoing = Outgoing::AnyPort;
    return;
  }
  for (const auto& source : snapshots.sources) {
    wanted.outgoing = Outgoing::SomePorts;
    wanted.connect_ports.push_back(source.base.port);
  }
}

// For `user` only what is made here: what is there belongs to whom it belongs to.
Result<void> make_folder(const std::string& folder, const EdgeSettings& settings) {
  std::error_code failed;
  if (std::filesystem::is_directory(folder, failed)) return {};
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    return base::fail(base::Errc::Unavailable, folder + ": create folder: " + failed.message());
  }
  ::chmod(folder.c_str(), 0700);
  if (settings.user.empty() || ::geteuid() != 0) return {};
  TIDEMARK_TRY(const User user, find_user(settings.user));
  if (::chown(folder.c_str(), user.uid, user.gid) == 0) return {};
  return base::fail(base::Errc::Unavailable, folder + ": chown: " + std::strerror(errno));
}

}  // namespace

Confinement confinement_of(const EdgeSettings& settings) {
  Confinement wanted;
  wanted.user = settings.user;
  wanted.mode = settings.sandbox;
  wanted.readable = system_files();
  wanted.writable = {settings.state_folder};
  add_log_files(settings.log, wanted);
  if (!settings.withdrawal.file.empty()) {
    const auto folder = std::filesystem::path(settings.withdrawal.file).parent_path();
    wanted.writable.push_back(folder.empty() ? "." : folder.string());
  }
  if (!settings.cookies.file.empty()) {
    // It is read again after it was replaced, and a replaced file is another one: hence its folder.
    const auto folder = std::filesystem::path(settings.cookies.file).parent_path();
    wanted.readable.push_back(folder.empty() ? "." : folder.string());
  }
  for (const auto& address : settings.listen) wanted.bind_ports.push_back(address.port);
  wanted.bind_ports.push_back(settings.admin.port);
  if (settings.log.kind == LogSettings::Kind::Kafka) {
    wanted.outgoing = settings.broker_ports.empty() ? Outgoing::AnyPort : Outgoing::SomePorts;
    wanted.connect_ports = settings.broker_ports;
  }
  add_snapshot_sources(settings, wanted);
  wanted.open_files = open_files_beside + TcpLimits{}.connections_max +
                      settings.workers * (open_files_of_worker + 2 * settings.listen.size());
  return wanted;
}

Result<Confined> lock_down(const EdgeSettings& settings) {
  const Confinement wanted = confinement_of(settings);
  for (const std::string& folder : wanted.writable) {
    TIDEMARK_TRY_VOID(make_folder(folder, settings));
  }
  return confine(wanted);
}

}  // namespace tidemark::edge
