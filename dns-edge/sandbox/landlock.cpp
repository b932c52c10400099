#include "dns-edge/sandbox/landlock.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;

// What older headers lack, by the names and numbers of the kernel's interface.
constexpr std::uint64_t fs_truncate = 1U << 14;   // ABI 3
constexpr std::uint64_t fs_ioctl_dev = 1U << 15;  // ABI 5
constexpr std::uint64_t net_bind_tcp = 1U << 0;   // ABI 4
constexpr std::uint64_t net_connect_tcp = 1U << 1;
constexpr std::uint64_t scope_abstract_unix_socket = 1U << 0;  // ABI 6
constexpr std::uint64_t scope_signal = 1U << 1;
constexpr int rule_net_port = 2;
constexpr int scope_abi = 6;

struct Ruleset {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
// A kernel refuses more octets than it knows, unless they are zero.
constexpr std::size_t ruleset_octets(int abi) {
  return abi >= scope_abi ? 24 : abi >= landlock_network_abi ? 16 : 8;
}
struct NetPort {
  std::uint64_t allowed_access;
  std::uint64_t port;
};

constexpr std::uint64_t fs_of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                      LANDLOCK_ACCESS_FS_READ_FILE | fs_truncate | fs_ioctl_dev;
constexpr std::uint64_t fs_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// Plain files come, change and go, also from one folder into another of ours. No programs, devices,
// links, sockets.
constexpr std::uint64_t fs_write = fs_read | LANDLOCK_ACCESS_FS_WRITE_FILE | fs_truncate |
                                   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REFER;

std::uint64_t fs_known(int abi) {
  std::uint64_t known = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // ABI 1 ends there
  if (abi >= 2) known |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) known |= fs_truncate;
  if (abi >= 5) known |= fs_ioctl_dev;
  return known;
}

std::unexpected<base::Error> failed(const std::string& what) {
  const int reason = errno;
  const Errc code = [reason] {
    switch (reason) {
      case ENOENT:
      case ENOTDIR:    return Errc::NotFound;
      case EACCES:     return Errc::Denied;
      case ENOSYS:
      case EOPNOTSUPP: return Errc::Unsupported;
      default:         return Errc::Unavailable;
    }
  }();
  return base::fail(code, "Landlock: " + what + ": " + std::strerror(reason));
}

class Descriptor {
 public:
  explicit Descriptor(long number) noexcept : number_(static_cast<int>(number)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

Result<void> allow_path(int ruleset, const std::string& path, std::uint64_t access) {
  const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (file.number() < 0) return failed(path);
  struct ::stat found{};
  if (::fstat(file.number(), &found) != 0) return failed(path);
  if (!S_ISDIR(found.st_mode)) access &= fs_of_files;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = file.number();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
    return {};
  }
  return failed(path);
}

Result<void> allow_ports(int ruleset, const std::optional<std::vector<std::uint16_t>>& ports,
                         std::uint64_t access) {
  for (const std::uint16_t port : ports.value_or(std::vector<std::uint16_t>{})) {
    const NetPort rule{access, port};
    if (::syscall(SYS_landlock_add_rule, ruleset, rule_net_port, &rule, 0) != 0) {
      return failed("port " + std::to_string(port));
    }
  }
  return {};
}

Ruleset handled(const LandlockRules& rules, int abi) {
  Ruleset ruleset{fs_known(abi), 0, 0};
  if (abi >= landlock_network_abi && rules.tcp_bind) ruleset.handled_access_net |= net_bind_tcp;
  if (abi >= landlock_network_abi && rules.tcp_connect) {
    ruleset.handled_access_net |= net_connect_tcp;
  }
  if (abi >= scope_abi) ruleset.scoped = scope_abstract_unix_socket | scope_signal;
  return ruleset;
}

}  // namespace

int landlock_abi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

Result<void> apply_landlock(const LandlockRules& rules) {
  const int abi = landlock_abi();
  const Ruleset wanted = handled(rules, abi);
  const Descriptor ruleset(::syscall(SYS_landlock_create_ruleset, &wanted, ruleset_octets(abi), 0));
  if (ruleset.number() < 0) return failed("create a ruleset");
  for (const std::string& path : rules.readable) {
    const auto allowed = allow_path(ruleset.number(), path, fs_read & wanted.handled_access_fs);
    // Not there, or in a folder that this user may not enter: then there is nothing to read.
    if (!allowed && allowed.error().code != Errc::NotFound &&
        allowed.error().code != Errc::Denied) {
      return allowed;
    }
  }
  for (const std::string& path : rules.writable) {
    TIDEMARK_TRY_VOID(allow_path(ruleset.number(), path, fs_write & wanted.handled_access_fs));
  }
  if (abi >= landlock_network_abi) {
    TIDEMARK_TRY_VOID(allow_ports(ruleset.number(), rules.tcp_bind, net_bind_tcp));
    TIDEMARK_TRY_VOID(allow_ports(ruleset.number(), rules.tcp_connect, net_connect_tcp));
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.number(), 0) != 0) return failed("restrict");
  return {};
}

}  // namespace tidemark::edge
