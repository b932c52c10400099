#include "dns-edge/sandbox/call_filter.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "dns-edge/sandbox/calls.hpp"

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;
#endif
// From here on numbers mean another ABI on x86-64 (x32), with the same calls by other names.
constexpr std::uint32_t foreign_numbers = 0x4000'0000;

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t die = SECCOMP_RET_KILL_PROCESS;
constexpr std::uint32_t refuse(int error) {
  return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
}

constexpr std::uint32_t low_half(std::uint32_t argument) {  // both architectures: low octets first
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 8 * argument;
}

// A seccomp program as a list of sentences, each "if the call is N: ... return". A sentence that
// looks at arguments ends in a return of its own, so the call's number is loaded only once.
class Program {
 public:
  using Values = std::initializer_list<std::uint32_t>;

  Program() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    end(die);
    load(offsetof(seccomp_data, nr));
    add(BPF_JMP | BPF_JGE | BPF_K, foreign_numbers, 0, 1);
    end(die);
  }

  void judge(int call, std::uint32_t verdict) {
    sentence(call, [&] { end(verdict); });
  }
  // Allowed if the argument is one of `values`.
  void one_of(int call, std::uint32_t argument, Values values, std::uint32_t otherwise) {
    sentence(call, [&] {
      load(low_half(argument));
      allow_values(values);
      end(otherwise);
    });
  }
  // Allowed if all of `bits` are set in the argument.
  void with_bits(int call, std::uint32_t argument, std::uint32_t bits, std::uint32_t otherwise) {
    sentence(call, [&] {
      load(low_half(argument));
      add(BPF_ALU | BPF_AND | BPF_K, bits);
      allow_values({bits});
      end(otherwise);
    });
  }
  // Allowed if none of `bits` is set.
  void without_bits(int call, std::uint32_t argument, std::uint32_t bits, std::uint32_t otherwise) {
    sentence(call, [&] {
      load(low_half(argument));
      if_any_bit(bits, otherwise);
      end(allow);
    });
  }
  // Allowed if the whole argument, a pointer, is null.
  void with_null(int call, std::uint32_t argument, std::uint32_t otherwise) {
    sentence(call, [&] {
      for (const std::uint32_t half : {low_half(argument), low_half(argument) + 4}) {
        load(half);
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        end(otherwise);
      }
      end(allow);
    });
  }
  // Executable memory comes from a file and is not writable.
  void map(int call, std::uint32_t protection, std::uint32_t flags) {
    sentence(call, [&] {
      load(low_half(protection));
      add(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
      end(allow);
      if_any_bit(PROT_WRITE, die);
      load(low_half(flags));
      if_any_bit(MAP_ANONYMOUS, die);
      end(allow);
    });
  }
  // AF_PACKET sees and forges others' packets: nothing here asks for it by accident. Other families
  // are refused as a kernel without them would.
  void socket() {
    sentence(SYS_socket, [&] {
      load(low_half(0));
      allow_values({AF_INET, AF_INET6, AF_UNIX, AF_NETLINK});
      add(BPF_JMP | BPF_JEQ | BPF_K, AF_PACKET, 0, 1);
      end(die);
      end(refuse(EAFNOSUPPORT));
    });
  }
  std::vector<sock_filter> finish(std::uint32_t otherwise) && {
    end(otherwise);
    return std::move(code_);
  }

 private:
  // If the call is this one: what `say` adds, which ends in a return; else on to the next.
  template <class Say>
  void sentence(int call, const Say& say) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call));
    const std::size_t condition = code_.size() - 1;
    say();
    const std::size_t instructions = code_.size() - 1 - condition;
    TIDEMARK_CHECK(instructions <= 255, "a sentence of the call filter can be jumped over");
    code_[condition].jf = static_cast<std::uint8_t>(instructions);
  }
  void allow_values(Values values) {
    for (const std::uint32_t value : values) {
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
      end(allow);
    }
  }
  void if_any_bit(std::uint32_t bits, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    end(verdict);
  }
  void add(int code, std::uint32_t value, std::uint8_t jump_true = 0, std::uint8_t jump_false = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), jump_true, jump_false, value});
  }
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  void end(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }

  std::vector<sock_filter> code_;
};

void add_argument_rules(Program& program, Connecting connecting) {
  const auto self = static_cast<std::uint32_t>(::getpid());
  program.judge(SYS_connect, connecting == Connecting::Allowed ? allow : die);
  program.map(SYS_mmap, 2, 3);
  program.without_bits(SYS_mprotect, 2, PROT_EXEC, die);
  program.with_bits(SYS_clone, 0, CLONE_THREAD, die);
  program.socket();
  program.one_of(SYS_kill, 0, {self}, refuse(EPERM));
  program.one_of(SYS_tgkill, 0, {self}, refuse(EPERM));
  program.one_of(SYS_prctl, 0, {PR_SET_NAME, PR_GET_NAME}, refuse(EINVAL));
  program.one_of(SYS_ioctl, 1, {FIONBIO, FIONREAD, FIOCLEX, TCGETS}, refuse(ENOTTY));
  program.with_null(SYS_prlimit64, 2, refuse(EPERM));
}

std::vector<sock_filter> filter_program(Connecting connecting) {
  Program program;
  add_argument_rules(program, connecting);
  for (const int call : allowed_calls()) program.judge(call, allow);
  for (const int call : deadly_calls()) program.judge(call, die);
  return std::move(program).finish(refuse(ENOSYS));
}

}  // namespace

Result<std::size_t> install_call_filter(Connecting connecting) {
  if (architecture == 0) {
    return base::fail(Errc::Unsupported, "call filter: made for x86-64 and aarch64 only");
  }
  std::vector<sock_filter> code = filter_program(connecting);
  TIDEMARK_CHECK(code.size() <= BPF_MAXINSNS, "the call filter fits the kernel's limit");
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  // SPEC_ALLOW: no foreign code runs in this process, so the slow guard against speculation that
  // kernels before 5.16 add to a filter would cost and guard nothing.
  const unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  const long refused = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (refused == 0) return code.size();
  const Errc code_of =
      refused < 0 && (errno == ENOSYS || errno == EINVAL) ? Errc::Unsupported : Errc::Unavailable;
  return base::fail(code_of, std::string("call filter: seccomp: ") +
                                 (refused < 0 ? std::strerror(errno) : "a thread did not follow"));
}

}  // namespace tidemark::edge
