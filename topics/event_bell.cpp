#include "topics/event_bell.hpp"

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/check.hpp"

namespace tidemark::topics {

EventBell::EventBell() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  TIDEMARK_CHECK(descriptor_ >= 0, "the process may open one more descriptor");
}
EventBell::~EventBell() { ::close(descriptor_); }

void EventBell::ring() noexcept {
  const std::uint64_t one = 1;
  // It fails only when the counter is full: then it is readable anyway.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

void EventBell::hush() noexcept {
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto taken = ::read(descriptor_, &rings, sizeof rings);
}

std::unique_ptr<log::Bell> make_event_bell() { return std::make_unique<EventBell>(); }

}  // namespace tidemark::topics
