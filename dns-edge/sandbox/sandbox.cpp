#include "dns-edge/sandbox/sandbox.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <unistd.h>

#include "dns-edge/sandbox/call_filter.hpp"
#include "dns-edge/sandbox/landlock.hpp"

namespace tidemark::edge {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const bool built_with_sanitizer = true;
#else
const bool built_with_sanitizer = false;
#endif

namespace {

using base::Errc;
using base::Result;

// What the kernel lacks is an error under On and a line of the log under BestEffort.
Result<void> note(SandboxMode mode, base::Error error, Confined& confined) {
  if (mode == SandboxMode::On) {
    error.trail += "; sandbox: best-effort starts without it";
    return std::unexpected(std::move(error).at("sandbox: on"));
  }
  confined.missing.push_back("sandbox: " + error.trail);
  return {};
}

// After become(): capabilities no longer open every folder, so what is wrong is told here.
Result<void> check_writable(const Confinement& wanted, const User& user, Confined& confined) {
  for (const std::string& folder : wanted.writable) {
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) == 0) continue;
    if (errno == EROFS) {  // it may still serve from what is there
      confined.missing.push_back(folder + ": its file system is read-only: nothing is kept there");
      continue;
    }
    return base::fail(Errc::Denied, folder + ": user " + user.name +
                                        " may not write there (root's right to do so is given up "
                                        "too): chown -R " +
                                        user.name + " " + folder);
  }
  return {};
}

std::optional<std::vector<std::uint16_t>> bind_ports(const Confinement& wanted) {
  if (std::ranges::count(wanted.bind_ports, std::uint16_t{0}) != 0) return std::nullopt;
  return wanted.bind_ports;
}

std::optional<std::vector<std::uint16_t>> connect_ports(const Confinement& wanted) {
  switch (wanted.outgoing) {
    case Outgoing::None:      return std::vector<std::uint16_t>{};
    case Outgoing::AnyPort:   return std::nullopt;
    case Outgoing::SomePorts: return wanted.connect_ports;
  }
  return std::nullopt;
}

Result<void> confine_files(const Confinement& wanted, Confined& confined) {
  const int abi = landlock_abi();
  const auto applied = apply_landlock({.readable = wanted.readable,
                                       .writable = wanted.writable,
                                       .tcp_bind = bind_ports(wanted),
                                       .tcp_connect = connect_ports(wanted)});
  if (!applied) {
    base::Error error = applied.error();
    if (abi == 0) error.trail += " (a kernel since 5.13 with lsm=landlock has it)";
    return note(wanted.mode, std::move(error), confined);
  }
  confined.done.push_back("Landlock ABI " + std::to_string(abi));
  if (abi >= landlock_network_abi || wanted.outgoing != Outgoing::SomePorts) return {};
  return note(wanted.mode,
              {Errc::Unsupported, "broker_ports: Landlock ABI 4 (kernel 6.7) is needed"}, confined);
}

Result<void> confine_calls(const Confinement& wanted, Confined& confined) {
  const auto installed = install_call_filter(
      wanted.outgoing == Outgoing::None ? Connecting::Deadly : Connecting::Allowed);
  if (!installed) return note(wanted.mode, installed.error(), confined);
  confined.done.push_back("call filter of " + std::to_string(*installed) + " instructions");
  return {};
}

Result<void> drop_rights(const Confinement& wanted, Confined& confined) {
  const bool bind = needs_bind_capability(wanted.bind_ports);
  TIDEMARK_TRY_VOID(drop_capabilities(bind ? Keep::BindService : Keep::Nothing));
  TIDEMARK_TRY_VOID(forbid_new_privileges());
  TIDEMARK_TRY_VOID(forbid_dumps());
  confined.done.push_back(bind ? "no capability but CAP_NET_BIND_SERVICE" : "no capability");
  return {};
}

}  // namespace

Result<Confined> confine(const Confinement& wanted) {
  if (wanted.mode == SandboxMode::On && built_with_sanitizer) {
    return base::fail(Errc::Unsupported,
                      "sandbox: on: this program was built with a sanitizer, which cannot be "
                      "confined: use another build, or sandbox: off");
  }
  const bool off = wanted.mode == SandboxMode::Off || built_with_sanitizer;
  Confined confined;
  if (auto short_of = allow_open_files(wanted.open_files)) confined.missing.push_back(*short_of);
  User user = current_user();
  if (!wanted.user.empty()) {
    TIDEMARK_TRY(user, find_user(wanted.user));
    if (user.uid == 0) {
      return base::fail(Errc::Invalid,
                        "user root: name one that owns nothing but the state folder");
    }
    TIDEMARK_TRY_VOID(become(user));
  }
  confined.done.push_back("user " + user.name);
  if (user.uid == 0) confined.missing.push_back("running as root: name a user (--user)");
  if (off) {
    // A user was asked for because its rights are few: then root's do not stay either.
    if (!wanted.user.empty()) TIDEMARK_TRY_VOID(drop_rights(wanted, confined));
    confined.done.push_back(built_with_sanitizer ? "no sandbox (sanitizer build)" : "no sandbox");
    return confined;
  }
  TIDEMARK_TRY_VOID(forbid_core_files());
  TIDEMARK_TRY_VOID(drop_rights(wanted, confined));
  TIDEMARK_TRY_VOID(check_writable(wanted, user, confined));
  TIDEMARK_TRY_VOID(confine_files(wanted, confined));
  TIDEMARK_TRY_VOID(confine_calls(wanted, confined));
  return confined;
}

}  // namespace tidemark::edge
