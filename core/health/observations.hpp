// Observations: the fold of the `health` topic: what each prober last said of each endpoint, and
// when, by log time.
//
// It knows nothing of pools' definitions or overrides: verdict.hpp joins it with a Dataset. Log
// time is the newest append time of the health topic; it stands still when nobody publishes, and
// then no verdict changes (fail static).
//
// A prober lives by any frame: each refreshes everything that it said. Nothing expires by itself;
// what no prober names any more is forgotten, with the time it was last seen up.
//
// Invariants  A full frame replaces everything that its prober said before; a delta only what it
//             names. Delta then full of the same world == full. Order of observations is nothing.
// Threads     The feeder. Copyable: a copy is a value.
// Cost        apply: about 0.2 us an observation. find: two searches in ordered maps.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/event/health_frame.hpp"

namespace tidemark::health {

constexpr std::size_t probers_max = 256;  // more are ignored, deterministically, and counted
// At the limit, a newcomer takes the place of the prober that was silent longest, if for so long.
constexpr std::int64_t prober_silent_ms_max = 24 * 3600 * 1000;

struct Sighting {  // of one endpoint by one prober
  std::string prober;
  bool agent;
  event::Observed observed;
  std::int64_t seen_ms;   // log time of the newest frame of that prober
  std::int64_t since_ms;  // log time since which it says so
  std::string cause;
  friend bool operator==(const Sighting&, const Sighting&) = default;
};

class Observations {
 public:
  struct Said {            // by one prober of one endpoint
    std::uint16_t prober;  // index for prober(), of these Observations only
    event::Observed observed;
    std::int64_t since_ms;
    std::uint64_t frame;  // the apply() that said it last
    std::string cause;
  };
  struct Seen {  // of one endpoint by all probers; at least one of them
    std::int64_t last_up_ms = -1;
    std::vector<Said> said;
  };
  struct Prober {
    std::string name;
    bool agent = false;
    std::int64_t seen_ms = -1;
    std::size_t endpoints = 0;
  };
  using Endpoints = std::map<std::string, Seen, std::less<>>;  // of one pool

  // `appended_ms`: the record's append time. Total: any decodable frame is taken.
  void apply(const event::HealthFrame& frame, std::int64_t appended_ms);
  void note_undecodable(std::int64_t appended_ms);  // time passes all the same

  std::int64_t log_ms() const noexcept { return log_ms_; }
  std::vector<Sighting> sightings(std::string_view pool, std::string_view endpoint) const;
  std::vector<std::string> probers() const;                    // by name
  std::int64_t prober_seen_ms(std::string_view prober) const;  // -1: never
  // Newest log time at which some vantage point saw it up; -1: never.
  std::int64_t last_up_ms(std::string_view pool, std::string_view endpoint) const;
  // Rises whenever something changed that a verdict could depend on, beside log time: while neither
  // rose, no verdict changed.
  std::uint64_t revision() const noexcept { return revision_; }
  // Pools of which something was said, or taken back, since it was asked last: a verdict on any
  // other changed by freshness and overrides alone. `all`: too many to name, or nobody knows.
  struct Touched {
    bool all = true;
    std::vector<std::string> pools;  // a name may stand in it several times
  };
  Touched take_touched() { return std::exchange(touched_, {.all = false, .pools = {}}); }

  // Observations that found no room: beyond probers_max, or observations_max of one prober.
  std::uint64_t ignored() const noexcept { return ignored_; }

  // What judging reads, without copies; nullptr: nobody says anything.
  const Endpoints* find(std::string_view pool) const;
  const Prober& prober(std::uint16_t index) const noexcept { return probers_[index]; }
  std::size_t prober_count() const noexcept { return probers_.size(); }  // indexes are below it

  // For snapshot files: canonical octets, and back. Equal Observations, equal octets (revision,
  // counters and what was touched are not part of either).
  base::Bytes to_octets() const;
  static base::Result<Observations> from_octets(base::ByteView octets);
  friend bool operator==(const Observations& a, const Observations& b) {
    return a.to_octets() == b.to_octets();
  }

 private:
  std::optional<std::uint16_t> admit(const std::string& name);
  void note(std::uint16_t index, const event::Observation& observation);
  void forget(std::uint16_t index, std::uint64_t before_frame);
  void touch(const std::string& pool);
  class Reading;
  void take_probers(Reading& in);
  void take_endpoints(Reading& in);
  Seen take_seen(Reading& in);

  std::vector<Prober> probers_;  // an index stays; no order
  std::map<std::string, std::uint16_t, std::less<>> index_;
  std::map<std::string, Endpoints, std::less<>> pools_;
  std::int64_t log_ms_ = -1;
  std::uint64_t frames_ = 0;
  std::uint64_t revision_ = 0;
  std::uint64_t ignored_ = 0;
  Touched touched_;
};

}  // namespace tidemark::health
