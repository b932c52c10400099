#include "topics/log_time.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

#include <unistd.h>

namespace tidemark::topics {
namespace {

std::int64_t milliseconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Boot time may be shifted for a container: by its time namespace. Where the kernel has none, or
// does not tell, there is one for all.
std::string boot_name() {
  std::array<char, 64> space{};
  const ssize_t octets = ::readlink("/proc/self/ns/time", space.data(), space.size());
  return {space.data(), octets > 0 ? static_cast<std::size_t>(octets) : 0};
}

LogTime begin_anew(const MachineTime& now, std::int64_t last_ms) {
  const std::int64_t ms = std::max(now.wall_ms, last_ms);
  return {ms, {.boot = now.boot, .since_boot_ms = now.since_boot_ms, .log_ms = ms}};
}

// Whether the wall clock has been ahead by the same for long enough; notes it in `evidence`.
bool has_stepped(const MachineTime& now, std::int64_t ahead_ms, TimeEvidence& evidence) {
  const std::int64_t wall = now.wall_ms - now.since_boot_ms;
  if (ahead_ms <= step_ms) {
    evidence.step_since_ms = -1;
    evidence.step_wall_ms = 0;
    return false;
  }
  if (evidence.step_since_ms < 0 || std::abs(wall - evidence.step_wall_ms) > step_ms) {
    evidence.step_since_ms = now.since_boot_ms;
    evidence.step_wall_ms = wall;
  }
  return now.since_boot_ms - evidence.step_since_ms >= step_proved_ms;
}

}  // namespace

MachineClock machine_clock() {
  return [boot = boot_name()] {
    return MachineTime{boot, milliseconds_of(CLOCK_BOOTTIME), milliseconds_of(CLOCK_REALTIME)};
  };
}

LogTime next_log_time(const TimeEvidence& evidence, const MachineTime& now, std::int64_t last_ms) {
  const std::int64_t passed = now.since_boot_ms - evidence.since_boot_ms;
  if (now.boot != evidence.boot || passed < 0) {
    return begin_anew(now, std::max(last_ms, evidence.log_ms));
  }
  const std::int64_t expected = evidence.log_ms + passed;
  const std::int64_t ahead = now.wall_ms - expected;
  TimeEvidence next = evidence;
  if (has_stepped(now, ahead, next)) return begin_anew(now, last_ms);
  const std::int64_t room = passed / 2;
  const std::int64_t ms = std::max(expected + std::clamp(ahead, -room, room), last_ms);
  if (passed >= evidence_period_ms) {
    next.since_boot_ms = now.since_boot_ms;
    next.log_ms = ms;
  }
  return {ms, std::move(next)};
}

}  // namespace tidemark::topics
