// Each attempt of an attacker in a process of its own that is confined as an edge is.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dns-edge/sandbox/calls.hpp"
#include "dns-edge/sandbox/landlock.hpp"
#include "tests/privilege/caged_process.hpp"

namespace tidemark::edge {
namespace {

constexpr Ending done{};
constexpr Ending refused(int error) { return {.signal = 0, .code = error}; }

// 0, or why not.
int errno_of(long result) { return result >= 0 ? 0 : errno; }
int open_and_close(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const int reason = errno_of(file);
  if (file >= 0) ::close(file);
  return reason;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
int connect_to(int type, std::uint16_t port) {
  const sockaddr_in address = loopback(port);
  const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  const int reason =
      errno_of(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  ::close(socket);
  return reason;
}

class Sandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    if (built_with_sanitizer) GTEST_SKIP() << "a sanitizer's build cannot be confined";
  }
  // Landlock's half: an older kernel has the call filter only.
  static bool has_landlock() { return landlock_abi() > 0; }
  const Cage cage_;
};

TEST_F(Sandbox, WhatAnEdgeDoesWorks) {
  EXPECT_EQ(cage_.run([&] {
    const std::string temporary = cage_.path("state/.file.tmp");
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0 || ::write(file, "x", 1) != 1 || ::fsync(file) != 0) return errno;
    ::close(file);
    if (::rename(temporary.c_str(), cage_.path("state/file").c_str()) != 0) return errno;
    if (::truncate(cage_.path("state/file").c_str(), 0) == 0) return EEXIST;
    return errno_of(::unlink(cage_.path("state/file").c_str()));
  }),
            done);
  EXPECT_EQ(cage_.run([] {
    int seen = 0;
    std::thread([&] { seen = 1; }).join();
    return seen == 1 ? 0 : EAGAIN;
  }),
            done);
  EXPECT_EQ(cage_.run([] {
    const sockaddr_in any = loopback(0);
    const auto* address = reinterpret_cast<const sockaddr*>(&any);
    const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
    const int tcp = ::socket(AF_INET6, SOCK_STREAM, 0);
    if (udp < 0 || tcp < 0) return errno;
    return errno_of(::bind(udp, address, sizeof any));
  }),
            done);
  EXPECT_EQ(cage_.run([] { return open_and_close("/etc/hosts", O_RDONLY); }), done);
}

TEST_F(Sandbox, OtherProgramsDie) {
  char* const argv[] = {const_cast<char*>("/bin/true"), nullptr};
  char* const environment[] = {nullptr};
  EXPECT_EQ(cage_.run([&] { return errno_of(::execve(argv[0], argv, environment)); }),
            killed_by_filter);
  EXPECT_EQ(cage_.run([&] {
    return errno_of(::syscall(SYS_execveat, AT_FDCWD, argv[0], argv, environment, 0));
  }),
            killed_by_filter);
}

TEST_F(Sandbox, NewProcessesDie) {
  EXPECT_EQ(cage_.run([] { return errno_of(::fork()); }), killed_by_filter);
  EXPECT_EQ(cage_.run([] { return ::system("true"); }), killed_by_filter);
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }),
            killed_by_filter);
#ifdef __x86_64__
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(SYS_vfork)); }), killed_by_filter);
#endif
  // Its arguments lie in memory, where a filter cannot look; the C library then takes clone.
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(SYS_clone3, nullptr, 0)); }), refused(ENOSYS));
}

TEST_F(Sandbox, EveryDeadlyCallDies) {
  for (const int call : deadly_calls()) {
    EXPECT_EQ(cage_.run([&] { return errno_of(::syscall(call, -1, 0, 0, 0, 0, 0)); }),
              killed_by_filter)
        << "call " << call;
  }
}

TEST_F(Sandbox, DeadlyCallsDieInEveryThread) {
  EXPECT_EQ(cage_.run([] {
    std::thread([] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }).join();
    return 0;
  }),
            killed_by_filter);
}

TEST_F(Sandbox, CallsOfAnotherAbiDie) {
#ifdef __x86_64__
  constexpr int x32_write = 0x40000001;
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(x32_write, 1, "", 0)); }), killed_by_filter);
#else
  GTEST_SKIP() << "only x86-64 has a second ABI";
#endif
}

TEST_F(Sandbox, UnforeseenCallsAreRefusedAndServiceGoesOn) {
  constexpr int no_call_yet = 4000;
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(no_call_yet)); }), refused(ENOSYS));
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(SYS_sync)); }), refused(ENOSYS));
}

TEST_F(Sandbox, WritingOutsideTheStateFolderFails) {
  if (!has_landlock()) GTEST_SKIP() << "this kernel has no Landlock";
  const std::string outside = cage_.path("outside");
  EXPECT_EQ(cage_.run([&] { return open_and_close(outside, O_WRONLY); }), refused(EACCES));
  EXPECT_EQ(cage_.run([&] { return open_and_close(outside, O_RDONLY); }), refused(EACCES));
  EXPECT_EQ(cage_.run([&] { return open_and_close(outside, O_RDWR | O_TRUNC); }), refused(EACCES));
  EXPECT_EQ(cage_.run([&] { return open_and_close(cage_.path("new"), O_WRONLY | O_CREAT); }),
            refused(EACCES));
  EXPECT_EQ(cage_.run([&] { return errno_of(::mkdir(cage_.path("folder").c_str(), 0700)); }),
            refused(EACCES));
  EXPECT_EQ(cage_.run([&] { return errno_of(::unlink(outside.c_str())); }), refused(EACCES));
  EXPECT_EQ(cage_.run([&] {
    return errno_of(::rename(cage_.path("state/inside").c_str(), outside.c_str()));
  }),
            refused(EACCES));
  std::string text;
  std::getline(std::ifstream(outside), text);
  EXPECT_EQ(text, "as it was");
}

TEST_F(Sandbox, ModesOwnersAndLinksAreRefusedEverywhere) {
  const std::string inside = cage_.path("state/inside");
  EXPECT_EQ(cage_.run([&] { return errno_of(::chmod(inside.c_str(), 04777)); }), refused(ENOSYS));
  EXPECT_EQ(cage_.run([&] { return errno_of(::chown(inside.c_str(), 0, 0)); }), refused(ENOSYS));
  EXPECT_EQ(cage_.run([&] {
    return errno_of(::symlink("/etc/shadow", cage_.path("state/link").c_str()));
  }),
            refused(ENOSYS));
  EXPECT_EQ(cage_.run([&] { return errno_of(::link("/etc/passwd", inside.c_str())); }),
            refused(ENOSYS));
}

TEST_F(Sandbox, SecretsOfTheSystemAreClosed) {
  if (!has_landlock()) GTEST_SKIP() << "this kernel has no Landlock";
  for (const char* path : {"/etc/shadow", "/etc/passwd", "/root", "/proc/1/status", "/dev/mem"}) {
    const int reason = cage_.run([&] { return open_and_close(path, O_RDONLY); }).code;
    EXPECT_TRUE(reason == EACCES || reason == ENOENT || reason == EPERM) << path << ": " << reason;
  }
}

TEST_F(Sandbox, RawPacketsDieAndOtherFamiliesAreRefused) {
  EXPECT_EQ(cage_.run([] { return errno_of(::socket(AF_PACKET, SOCK_RAW, 0)); }), killed_by_filter);
  EXPECT_EQ(cage_.run([] { return errno_of(::socket(AF_ALG, SOCK_SEQPACKET, 0)); }),
            refused(EAFNOSUPPORT));
  EXPECT_EQ(cage_.run([] { return errno_of(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }),
            refused(EPERM));
}

TEST_F(Sandbox, NewCodeCannotBeMade) {
  constexpr std::size_t page = 4096;
  EXPECT_EQ(cage_.run([] {
    ::mmap(nullptr, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
  }),
            killed_by_filter);
  EXPECT_EQ(cage_.run([] {
    ::mmap(nullptr, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
  }),
            killed_by_filter);
  EXPECT_EQ(cage_.run([] {
    void* at = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::mprotect(at, page, PROT_READ | PROT_EXEC);
    return 0;
  }),
            killed_by_filter);
}

TEST_F(Sandbox, OthersAreNotSignalled) {
  EXPECT_EQ(cage_.run([] { return errno_of(::kill(::getppid(), SIGKILL)); }), refused(EPERM));
  EXPECT_EQ(cage_.run([] { return errno_of(::kill(-1, SIGKILL)); }), refused(EPERM));
  EXPECT_EQ(cage_.run([] { return errno_of(::raise(SIGABRT)); }), (Ending{.signal = SIGABRT}));
}

TEST_F(Sandbox, LimitsAndRightsStayAsTheyAre) {
  const rlimit more{1, 1};
  EXPECT_EQ(cage_.run([&] { return errno_of(::setrlimit(RLIMIT_CORE, &more)); }), refused(EPERM));
  EXPECT_EQ(cage_.run([] { return errno_of(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }),
            refused(EINVAL));
  EXPECT_EQ(cage_.run([] { return errno_of(::syscall(SYS_seccomp, 0, 0, nullptr)); }),
            refused(ENOSYS));
}

TEST_F(Sandbox, ServesNoTcpPortThatIsNotItsOwn) {
  if (landlock_abi() < landlock_network_abi) GTEST_SKIP() << "Landlock ABI 4 is needed";
  Confinement wanted = cage_.sqlite();
  wanted.bind_ports = {1};  // taken by nobody; ours is another
  const auto bind_any = [] {
    const sockaddr_in any = loopback(0);
    return errno_of(::bind(::socket(AF_INET, SOCK_STREAM, 0),
                           reinterpret_cast<const sockaddr*>(&any), sizeof any));
  };
  EXPECT_EQ(in_cage(wanted, bind_any), refused(EACCES));
  EXPECT_EQ(cage_.run(bind_any), done);
}

TEST_F(Sandbox, d32_AnEdgeOnSqliteDiesIfItConnects) {
  EXPECT_EQ(cage_.run([] { return connect_to(SOCK_DGRAM, 53); }), killed_by_filter);
  EXPECT_EQ(cage_.run([] { return connect_to(SOCK_STREAM, 53); }), killed_by_filter);
}

TEST_F(Sandbox, d32_AnEdgeWithBrokerPortsConnectsToNoOther) {
  if (landlock_abi() < landlock_network_abi) GTEST_SKIP() << "Landlock ABI 4 is needed";
  Confinement wanted = cage_.kafka();
  EXPECT_EQ(in_cage(wanted, [] { return connect_to(SOCK_STREAM, 1); }), refused(ECONNREFUSED));
  wanted.outgoing = Outgoing::SomePorts;
  wanted.connect_ports = {1};
  EXPECT_EQ(in_cage(wanted, [] { return connect_to(SOCK_STREAM, 1); }), refused(ECONNREFUSED));
  EXPECT_EQ(in_cage(wanted, [] { return connect_to(SOCK_STREAM, 53); }), refused(EACCES));
}

TEST_F(Sandbox, FolderOfTheStateMustBeThere) {
  Confinement wanted = cage_.sqlite();
  wanted.writable = {cage_.path("absent")};
  EXPECT_EQ(in_cage(wanted, [] { return 0; }), (Ending{.code = confine_failed}));
}

// Root-only: becoming somebody else.
class Privileges : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "only root may become another user";
    ASSERT_EQ(::chmod(cage_.path("").c_str(), 0755), 0);
    ASSERT_EQ(::chmod(cage_.path("state").c_str(), 0777), 0);
    wanted_ = cage_.sqlite();
    wanted_.user = "nobody";
  }
  static std::string own_status() {
    std::string all, line;
    for (std::ifstream file("/proc/self/status"); std::getline(file, line);) all += line + "\n";
    return all;
  }
  Confinement wanted_;
};

TEST_F(Privileges, RootBecomesTheUserWithoutGroupsAndCapabilities) {
  wanted_.readable.push_back("/proc");
  EXPECT_EQ(in_cage(wanted_,
                    [] {
                      const std::string status = own_status();
                      for (const char* line :
                           {"Uid:\t65534\t65534\t65534\t65534\n", "Groups:\t \n",
                            "CapInh:\t0000000000000000\n", "CapPrm:\t0000000000000000\n",
                            "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n",
                            "CapAmb:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n"}) {
                        if (!status.contains(line)) {
                          std::fprintf(stderr, "no %s in\n%s", line, status.c_str());
                          return EINVAL;
                        }
                      }
                      return 0;
                    }),
            done);
}

TEST_F(Privileges, PortsBelow1024KeepOneCapability) {
  if (!needs_bind_capability(std::vector<std::uint16_t>{53})) {
    GTEST_SKIP() << "everybody may bind low ports here (net.ipv4.ip_unprivileged_port_start)";
  }
  const auto bind_low = [] {
    for (std::uint16_t port = 1023; port > 900; --port) {
      const sockaddr_in address = loopback(port);
      const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
      if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return 0;
      }
      if (errno != EADDRINUSE) return errno;
    }
    return EADDRINUSE;
  };
  EXPECT_EQ(in_cage(wanted_, bind_low), refused(EACCES));
  wanted_.bind_ports = {53};
  EXPECT_EQ(in_cage(wanted_, bind_low), done);
}

TEST_F(Privileges, AFolderOfAnotherIsToldBeforeAnythingStarts) {
  ASSERT_EQ(::chmod(cage_.path("state").c_str(), 0700), 0);
  EXPECT_EQ(in_cage(wanted_, [] { return 0; }), (Ending{.code = confine_failed}));
}

TEST_F(Privileges, WhoIsNotRootBecomesNobodyElse) {
  EXPECT_EQ(in_cage(Confinement{.mode = SandboxMode::Off},
                    [] {
                      if (::setresuid(65534, 65534, 65534) != 0) return errno;
                      const auto denied = confine({.user = "daemon", .mode = SandboxMode::Off});
                      return denied ? EEXIST : denied.error().code == base::Errc::Denied ? 0 : EIO;
                    }),
            done);
}

TEST_F(Privileges, AnUnknownUserIsNamed) {
  const auto found = find_user("tidemark-no-such-user");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().trail.find("useradd"), std::string::npos);
  EXPECT_FALSE(find_user("nobody:tidemark-no-such-group"));
}

TEST_F(Sandbox, ALowHardLimitOfOpenFilesNamesItsRemedy) {
  EXPECT_EQ(in_cage(Confinement{.mode = SandboxMode::Off},
                    [] {
                      const rlimit few{64, 64};
                      if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return errno;
                      if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return errno;
                      const auto told = allow_open_files(100);
                      const bool named = told && told->contains("LimitNOFILE=100");
                      return named ? 0 : EINVAL;
                    }),
            done);
}

}  // namespace
}  // namespace tidemark::edge
