// HealthFrame: what one prober (vantage point) saw, on the `health` topic.
//
// A full frame lists every endpoint that the prober checks, once per period; a delta lists only
// what changed and is sent at once. Any frame proves that its prober is alive. Hysteresis (rise,
// fall) has already been applied by the prober.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::event {

constexpr std::size_t observations_max = 65536;
constexpr std::size_t health_frame_octets_max = 900 * 1024;

enum class Observed : std::uint8_t { Up = 1, Down = 2, Drain = 3 };  // Drain: the agent's own wish

struct Observation {
  std::string pool;
  std::string endpoint;
  Observed observed;
  std::string cause;  // for people: "connection refused", "HTTP 503"
  friend bool operator==(const Observation&, const Observation&) = default;
};

struct HealthFrame {
  std::uint16_t min_reader = 1;
  std::string prober;        // the vantage point's name
  std::uint64_t number = 0;  // rises by one a frame within one run of the prober
  bool full = false;
  bool agent = false;  // the endpoint speaks of itself: ranks below vantage points
  std::vector<Observation> observations;
  friend bool operator==(const HealthFrame&, const HealthFrame&) = default;
};

}  // namespace tidemark::event
