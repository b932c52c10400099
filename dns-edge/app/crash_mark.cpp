#include "dns-edge/app/crash_mark.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

#include "core/base/bytes.hpp"

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;
using std::chrono::nanoseconds;

constexpr std::uint64_t magic = 0x546d437261736831;  // "TmCrash1"
constexpr std::size_t entry_octets = 5 * 8;
constexpr int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
constexpr std::size_t stack_octets = 32 * 1024;

// A signal handler reaches nothing but what is global.
std::atomic<const CrashMark*> armed{nullptr};
alignas(16) std::array<std::uint8_t, stack_octets> stack;

nanoseconds now() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  return std::chrono::seconds(at.tv_sec) + nanoseconds(at.tv_nsec);
}

void on_signal(int signal) {
  const CrashMark* const mark = armed.exchange(nullptr);  // of several threads the first one
  if (mark != nullptr) mark->write(signal);
  ::raise(signal);  // with SA_RESETHAND: as if there were no handler
}

std::unexpected<base::Error> failed(const std::string& path, const char* call) {
  return base::fail(Errc::Unavailable, path + ": " + call + ": " + std::strerror(errno));
}

}  // namespace

CrashMark::CrashMark(int descriptor, std::string path)
    : descriptor_(descriptor), path_(std::move(path)), born_(now()) {}

CrashMark::~CrashMark() {
  const CrashMark* self = this;
  armed.compare_exchange_strong(self, nullptr);
  ::close(descriptor_);
}

Result<std::unique_ptr<CrashMark>> CrashMark::open(const std::string& folder) {
  std::string path = folder + "/crash.mark";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(path, "open");
  return std::unique_ptr<CrashMark>(new CrashMark(descriptor, std::move(path)));
}

std::optional<Crash> CrashMark::found() const {
  std::array<std::uint8_t, entry_octets> entry{};
  if (::pread(descriptor_, entry.data(), entry.size(), 0) != static_cast<ssize_t>(entry.size())) {
    return std::nullopt;
  }
  const auto word = [&](std::size_t i) { return base::load_u64(entry.data() + 8 * i); };
  if (word(0) != magic) return std::nullopt;
  return Crash{static_cast<int>(word(1)), std::chrono::milliseconds(word(2)), word(3), word(4)};
}

Result<void> CrashMark::clear() {
  const std::array<std::uint8_t, entry_octets> nothing{};
  if (::pwrite(descriptor_, nothing.data(), nothing.size(), 0) !=
      static_cast<ssize_t>(nothing.size())) {
    return failed(path_, "pwrite");
  }
  return {};
}

void CrashMark::arm() {
  stack_t other{};
  other.ss_sp = stack.data();
  other.ss_size = stack.size();
  ::sigaltstack(&other, nullptr);
  armed.store(this);
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

void CrashMark::write(int signal) const noexcept {
  std::array<std::uint8_t, entry_octets> entry{};
  const auto life = std::chrono::duration_cast<std::chrono::milliseconds>(now() - born_);
  const std::uint64_t words[] = {
      magic, static_cast<std::uint64_t>(signal), static_cast<std::uint64_t>(life.count()),
      proven_.load(std::memory_order_relaxed), tried_.load(std::memory_order_relaxed)};
  for (std::size_t i = 0; i < std::size(words); ++i) {
    base::store_u64(entry.data() + 8 * i, words[i]);
  }
  [[maybe_unused]] const auto written = ::pwrite(descriptor_, entry.data(), entry.size(), 0);
  ::fsync(descriptor_);
}

}  // namespace tidemark::edge
