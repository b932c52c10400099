#include "dns-edge/sandbox/privileges.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include <grp.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;

constexpr std::uint16_t unprivileged_port_start_default = 1024;
constexpr std::uint64_t bind_service = std::uint64_t{1} << CAP_NET_BIND_SERVICE;

std::unexpected<base::Error> failed(const std::string& call, Errc code = Errc::Unavailable) {
  return base::fail(code, call + ": " + std::strerror(errno));
}

struct Capabilities {
  std::uint64_t effective, permitted, inheritable;
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

Result<Capabilities> read_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> half{};
  if (::syscall(SYS_capget, &header, half.data()) != 0) return failed("capget");
  const auto whole = [](std::uint32_t low, std::uint32_t high) {
    return std::uint64_t{high} << 32 | low;
  };
  return Capabilities{whole(half[0].effective, half[1].effective),
                      whole(half[0].permitted, half[1].permitted),
                      whole(half[0].inheritable, half[1].inheritable)};
}

Result<void> write_capabilities(std::uint64_t kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const auto low = static_cast<std::uint32_t>(kept);
  const auto high = static_cast<std::uint32_t>(kept >> 32);
  std::array<__user_cap_data_struct, 2> half{{{low, low, 0}, {high, high, 0}}};
  if (::syscall(SYS_capset, &header, half.data()) != 0) return failed("capset");
  return {};
}

// Without CAP_SETPCAP it stays, which is harmless: no_new_privs makes it mean nothing.
Result<void> drop_bounding_set(std::uint64_t effective) {
  if ((effective & std::uint64_t{1} << CAP_SETPCAP) == 0) return {};
  for (unsigned long one = 0; ::prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one) {
    if (::prctl(PR_CAPBSET_DROP, one, 0, 0, 0) != 0) return failed("prctl(PR_CAPBSET_DROP)");
  }
  return {};
}

std::optional<gid_t> find_group(const std::string& name) {
  const ::group* const found = ::getgrnam(name.c_str());
  return found == nullptr ? std::nullopt : std::optional<gid_t>(found->gr_gid);
}

}  // namespace

Result<User> find_user(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const ::passwd* const found = ::getpwnam(name.c_str());
  if (found == nullptr) {
    return base::fail(Errc::Invalid, "user " + name + ": there is none of that name; make it: " +
                                         "useradd --system --no-create-home " + name);
  }
  User user{name, found->pw_uid, found->pw_gid};
  if (colon == std::string::npos) return user;
  const auto group = find_group(text.substr(colon + 1));
  if (!group) {
    return base::fail(Errc::Invalid, "group " + text.substr(colon + 1) + ": there is none");
  }
  user.gid = *group;
  return user;
}

User current_user() {
  const uid_t uid = ::geteuid();
  const ::passwd* const found = ::getpwuid(uid);
  return {found == nullptr ? std::to_string(uid) : found->pw_name, uid, ::getegid()};
}

bool needs_bind_capability(std::span<const std::uint16_t> ports) {
  unsigned start = unprivileged_port_start_default;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> start;
  return std::ranges::any_of(ports, [&](std::uint16_t port) { return port != 0 && port < start; });
}

Result<void> become(const User& user) {
  if (::geteuid() == user.uid && ::getegid() == user.gid && ::getuid() == user.uid) return {};
  if (::geteuid() != 0) {
    return base::fail(Errc::Denied, "user " + user.name + ": only root may become another user: " +
                                        "start as root, or as that user without --user");
  }
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("prctl(PR_SET_KEEPCAPS)");
  if (::setgroups(0, nullptr) != 0) return failed("setgroups", Errc::Denied);
  if (::setresgid(user.gid, user.gid, user.gid) != 0) return failed("setresgid", Errc::Denied);
  if (::setresuid(user.uid, user.uid, user.uid) != 0) return failed("setresuid", Errc::Denied);
  if (::geteuid() != user.uid || ::getegid() != user.gid) {
    return base::fail(Errc::Denied, "user " + user.name + ": the kernel kept the old one");
  }
  return {};
}

Result<void> drop_capabilities(Keep keep) {
  TIDEMARK_TRY(const Capabilities now, read_capabilities());
  // After become() only the permitted set is full: the effective one is needed for what follows.
  if (now.effective != now.permitted) TIDEMARK_TRY_VOID(write_capabilities(now.permitted));
  TIDEMARK_TRY_VOID(drop_bounding_set(now.permitted));
  const std::uint64_t kept = now.permitted & (keep == Keep::BindService ? bind_service : 0);
  // Not if there is nothing to do: a unit's own filter may forbid the call. (What is inheritable
  // matters to programs that we start: none.)
  if (now.effective == kept && now.permitted == kept) return {};
  TIDEMARK_TRY_VOID(write_capabilities(kept));
  TIDEMARK_TRY(const Capabilities after, read_capabilities());
  if (after == Capabilities{kept, kept, 0}) return {};
  return base::fail(Errc::Denied, "capabilities: the kernel kept more than was asked for");
}

Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
  return failed("prctl(PR_SET_NO_NEW_PRIVS)");
}

Result<void> forbid_dumps() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) return {};
  return failed("prctl(PR_SET_DUMPABLE)");
}

}  // namespace tidemark::edge
