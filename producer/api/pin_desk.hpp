// PinDesk: the life of a pin, from the request to the answer.
//
//   held back  (unpin only) until every live edge of the scope has folded what this controller has:
//              a rollback must not come after the end of the pin that hid what it repairs
//   passing    (unpin only) until no ring of the scope may serve what the pin hid (rollout.hpp)
//   said       to `control`, again until the log has it (control_writer.hpp)
//   read back  by the own ControlTail: 200. Only then it is accepted: it is in the log, so no crash
//              of a controller can lose it. There is no outbox: without the log nothing is pinned
//   obeyed     (Prefer: wait) every live edge of the scope reports it
//
// What is not read back in time is answered 503: it may still come, and GET /v1/pins tells.
//
// Invariants  A request is answered once. Requests for one scope go one after the other.
// Threads     One; that of the feeder.
// Requires    What PinPorts refers to outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "core/event/control.hpp"
#include "net/http_server.hpp"
#include "producer/api/control_writer.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/reads.hpp"
#include "producer/api/ring_passage.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {

constexpr std::size_t pin_requests_max = 256;

struct PinPorts {
  base::Clock& clock;
  const consumer::Feeder& feeder;
  const FleetView& fleet;
  ControlWriter* control = nullptr;  // none: pins cannot be set here
  PassRings pass{};                  // of the roll-out; none: no ring is gated
};

class PinDesk {
 public:
  explicit PinDesk(PinPorts ports) : ports_(ports) {}

  // POST /v1/pins/{scope}, DELETE /v1/pins/{scope}
  void put(const net::HttpRequest& request, const std::string& scope, Terms terms,
           net::Respond respond);
  void remove(const net::HttpRequest& request, const std::string& scope, Terms terms,
              net::Respond respond);
  std::optional<std::chrono::nanoseconds> step();
  void close();

 private:
  enum class Stage : std::uint8_t { HeldBack, Passing, Telling };
  struct Request {
    std::string scope;
    std::optional<event::Pin> wanted;  // none: the scope is unpinned
    std::vector<std::string> warnings;
    net::Respond respond;
    Stage stage;
    std::uint64_t newest_seq;           // that was folded here when it came
    std::chrono::nanoseconds deadline;  // of being read back
    std::chrono::nanoseconds held_back_until;
    std::optional<std::chrono::nanoseconds> obeyed_by{};  // Prefer: wait
    Passage passage{};
    Said said{};
  };
  std::expected<void, ApiError> check_ready(const std::string& scope) const;
  std::expected<event::Pin, ApiError> read_pin(const net::HttpRequest& request,
                                               const std::string& scope, Terms& terms,
                                               std::vector<std::string>& warnings) const;
  void take(Request request, const Terms& terms);
  std::expected<Passage, ApiError> read_passage(const net::HttpRequest& request,
                                                const event::Pin& pin, const Terms& terms) const;
  std::vector<std::string> rings_of(const std::string& scope) const;
  void warn_of_rings(const event::Pin& pin, const Passage& passage,
                     std::vector<std::string>& warnings) const;
  bool advance(Request& request, std::chrono::nanoseconds now);  // true: answered
  bool pass(Request& request);
  bool answer_read_back(Request& request, std::chrono::nanoseconds now);
  bool answer_obeyed(Request& request, std::chrono::nanoseconds now);
  void say(Request& request);
  bool is_folded_by_all(const Request& request) const;

  const PinPorts ports_;
  std::list<Request> requests_;
};

// GET /v1/pins
net::HttpResponse read_pins(const consumer::Feeder& feeder, const FleetView& fleet);

}  // namespace tidemark::producer
