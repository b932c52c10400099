// LogTime: the time that a SQLite log gives to its records: never back, and close to the machine's
// clock, but not at its mercy.
//
// A wall clock may be set, forth or back, by a person or by the network. If the log took what the
// clock says, one step of a day into the future would stop its time for a day once the clock is
// right again, and health with it. So the log keeps beside its last time how much time had passed
// since the machine's boot (boot time runs on over a suspend, and nobody can set it), and knows by
// how much it may go on:
//
//   same boot      by what passed since then, and so much faster or slower (half) as it takes to
//                  come back to the wall clock
//   a step that    the wall clock is ahead by more than step_ms, the same for step_proved_ms:
//   stayed         it is taken as it is, once (a machine that knew no time when it started)
//   another boot   the wall clock is right; but never back: what is ahead of it runs on at half
//                  the speed
//
// Another boot is one whose boot time is below that of the evidence. (The kernel's boot id would be
// sharper, but a confined service does not see it. A reboot that is missed, as nothing was appended
// until the machine was up for longer than before, looks like a step of the wall clock.)
//
// Each topic has its own: one that a clock led astray leads no other.
//
// Invariants  A time is never below the last one. Within one boot it runs between half and one and
//             a half times as fast as real time, but for a step that stayed.
// Threads     Any: functions of values; machine_time() asks the kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tidemark::topics {

constexpr std::int64_t step_ms = 5 * 60'000;
constexpr std::int64_t step_proved_ms = 10 * 60'000;
constexpr std::int64_t evidence_period_ms = 1'000;  // it is written anew at most so often

struct MachineTime {
  std::string boot;  // whose boot time: a container may have one of its own
  std::int64_t since_boot_ms;
  std::int64_t wall_ms;
};
using MachineClock = std::function<MachineTime()>;
// Asks whose boot time it is once, when it is made.
MachineClock machine_clock();

struct TimeEvidence {  // as it stands in the file
  std::string boot;
  std::int64_t since_boot_ms = INT64_MAX;  // so: none yet
  std::int64_t log_ms = 0;                 // the log's time then
  std::int64_t step_wall_ms = 0;           // a step under proof: wall clock minus boot time
  std::int64_t step_since_ms = -1;         // boot time when it was seen first; -1: none
  friend bool operator==(const TimeEvidence&, const TimeEvidence&) = default;
};

struct LogTime {
  std::int64_t ms;
  TimeEvidence evidence;  // write it if it differs
};
// `last_ms`: of the newest record of the topic; its time is never below.
LogTime next_log_time(const TimeEvidence& evidence, const MachineTime& now, std::int64_t last_ms);

}  // namespace tidemark::topics
