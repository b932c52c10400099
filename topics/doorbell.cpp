#include "topics/doorbell.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/check.hpp"

namespace tidemark::topics {
namespace {

// Bounds how late a record is seen whose writer died between COMMIT and ring; costs 0.02 % of a
// core.
constexpr long slow_poll_ns = 100'000'000;

int open_bell(const std::string& path) {
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

}  // namespace

Doorbell::Doorbell(const std::string& database) : descriptor_(open_bell(database + "-bell")) {}
Doorbell::~Doorbell() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
void Doorbell::ring() noexcept {
  if (descriptor_ < 0) return;
  [[maybe_unused]] const auto written = ::pwrite(descriptor_, "!", 1, 0);
}

DoorbellWatch::DoorbellWatch(const std::string& database)
    : path_(database + "-bell"),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      both_(::epoll_create1(EPOLL_CLOEXEC)) {
  TIDEMARK_CHECK(timer_ >= 0 && both_ >= 0, "the process may open more descriptors");
  const itimerspec slow_poll{{0, slow_poll_ns}, {0, slow_poll_ns}};
  ::timerfd_settime(timer_, 0, &slow_poll, nullptr);
  for (const int each : {inotify_, timer_}) {
    if (each < 0) continue;  // inotify instances are limited per user: the timer still serves
    epoll_event readable{};
    readable.events = EPOLLIN;
    readable.data.fd = each;
    ::epoll_ctl(both_, EPOLL_CTL_ADD, each, &readable);
  }
  watch();
}

DoorbellWatch::~DoorbellWatch() {
  ::close(both_);
  ::close(timer_);
  if (inotify_ >= 0) ::close(inotify_);
}

void DoorbellWatch::watch() noexcept {
  if (inotify_ < 0) return;
  watched_ = ::inotify_add_watch(inotify_, path_.c_str(), IN_MODIFY);
}

void DoorbellWatch::hush() noexcept {
  std::uint64_t ticks = 0;
  const bool ticked = ::read(timer_, &ticks, sizeof ticks) > 0;
  alignas(inotify_event) std::array<char, 4096> events;
  for (;;) {
    const auto taken = inotify_ < 0 ? -1 : ::read(inotify_, events.data(), events.size());
    if (taken <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(taken);) {
      inotify_event event;
      std::memcpy(&event, events.data() + at, sizeof event);
      if ((event.mask & IN_IGNORED) != 0) watched_ = -1;  // the bell file went away
      at += sizeof event + event.len;
    }
  }
  if (watched_ < 0 && ticked) watch();
}

void DoorbellWatch::ring_now() noexcept {
  const itimerspec now{{0, slow_poll_ns}, {0, 1}};
  ::timerfd_settime(timer_, 0, &now, nullptr);
}

}  // namespace tidemark::topics
