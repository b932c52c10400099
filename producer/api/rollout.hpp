// Rollout: gives versions to the rings of the fleet, one ring after the other, and stops by itself.
//
// Every controller runs one, none leads. A decision is a Watermark on `control`; what counts is
// judged by all from those records alone (consumer/feeder/control_view.hpp), so a decision that
// came late, or from a controller that slept, changes nothing. What is in memory here are
// observations only: a controller that starts, or was away, observes anew and decides later, never
// wrongly.
//
//   the first ring    is not gated: it activates what is folded
//   any other ring    gets a version once the ring before it has served it for its soak time, all
//                     its nodes alive and of one hash (ring_watch.hpp); a late ring not before the
//                     version is so old
//   expedite          at once, if all that a ring does not have yet is expedited too: versions are
//                     prefixes, nothing overtakes
//   manual            never by itself: an operator promotes, ring by ring
//
// Trouble in a ring stops the roll-out: all rings before it, and it, go back to the version that
// the next ring has; the zones and pools that the suspects touched are reverted by new changes;
// then the first ring is let go, and the revert takes the usual way. Suspects are all versions that
// the next ring does not have: what came with a bad change goes back with it.
//
// A person may be quicker: pin, roll back, unpin. What the pin hid is then between what the rings
// served before it and the revert; pass() takes the rings past that span before the pin ends.
//
// All controllers gone: nothing moves.
//
// Invariants  While a stop is not undone nothing moves forward. A ring never gets a version between
//             a stopped change and its revert, nor of a span that was passed. It never decides
//             without the log, or on an old view.
// Threads     One; that of the feeder.
// Requires    What RolloutPorts refers to outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "net/http.hpp"
#include "net/http_server.hpp"
#include "producer/api/control_writer.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/progress.hpp"
#include "producer/api/reads.hpp"
#include "producer/api/revert.hpp"
#include "producer/api/ring_passage.hpp"
#include "producer/api/ring_watch.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {

struct RolloutSettings {
  std::vector<RingSettings> rings{};  // in order; none: nothing is gated, nobody decides
  RolloutBounds bounds{};
};

struct RolloutPorts {
  std::string controller;
  base::Clock& clock;
  const consumer::Feeder& feeder;
  const FleetView& fleet;
  const HistoryKeeper& history;
  const ProgressBoard& board;
  ControlWriter* control = nullptr;  // none: nothing can be decided here
  Revert::Take take{};               // the Desk's
};

class Rollout {
 public:
  Rollout(RolloutSettings settings, RolloutPorts ports);

  void heard(const event::NodeReport& report);
  std::optional<std::chrono::nanoseconds> step();
  void close();
  std::vector<std::string> take_remarks() { return std::exchange(remarks_, {}); }
  std::vector<std::string> take_progress() { return std::exchange(progress_, {}); }  // as it should

  // GET /v1/rollout
  net::HttpResponse read() const;
  // POST /v1/rollout/{ring}/promote|release|resume
  void order(const net::HttpRequest& request, const std::string& ring, const std::string& verb,
             Terms terms, net::Respond respond);
  // As PassRings says. Errors: Conflict while a stop is in force; Unavailable.
  std::expected<bool, ApiError> pass(const Passage& wanted);
  // A rollback made the version `past` while a pin hides what it takes back.
  void rolled_back(std::uint64_t past, const Terms& terms);
  // For /metrics.
  std::string metrics() const;

 private:
  struct Stop {  // the newest one, as the records say
    base::U128 change;
    std::uint64_t good;
    std::uint64_t number;
    std::string reason;
    bool undone;  // the first ring was let go again
  };
  struct Order {  // of a person, until it is read back
    event::Watermark mark;
    net::Respond respond;
    std::chrono::nanoseconds deadline;
    Said said{};
  };
  struct Passing {  // of a rollback, until it is done
    Passage wanted;
    std::chrono::nanoseconds deadline;
  };
  bool may_decide() const;
  std::optional<ApiError> check_forwards(const std::string& ring, std::uint64_t seq,
                                         std::uint64_t newest) const;
  void look(std::chrono::nanoseconds now);
  bool is_deciding(std::chrono::nanoseconds now);  // own last words are not read back yet
  void pass_rolled_back(std::chrono::nanoseconds now);
  void answer_orders(std::chrono::nanoseconds now);
  void decide(std::chrono::nanoseconds now);
  std::optional<Stop> newest_stop() const;
  bool stop_if_troubled(std::uint64_t newest);
  void hold_all(const Stop& stop);
  void undo(const Stop& stop, std::chrono::nanoseconds now);
  void advance(std::size_t ring, std::chrono::nanoseconds now, std::uint64_t newest);
  std::uint64_t expedited_up_to(std::uint64_t from, std::uint64_t newest) const;
  std::uint64_t before_manual(std::uint64_t from, std::uint64_t to);
  std::uint64_t late_up_to(std::chrono::seconds late);
  std::optional<event::ChangeId> change_of(std::uint64_t seq) const;
  std::optional<event::RolloutClass> class_of(std::uint64_t seq);  // none: not known yet
  std::optional<Churn> churn_of(std::size_t ring, std::uint64_t good, std::uint64_t seq) const;
  void look_at_last_ring(std::chrono::nanoseconds now);
  std::uint64_t good_of(std::size_t ring) const;  // what the ring behind it has; 0: nobody gates
  std::uint64_t next_number() const;
  Said put(event::Watermark mark);
  RingWatch::Ground ground_of(std::size_t ring, const std::vector<NodeStatus>& fleet) const;

  const RolloutSettings settings_;
  RolloutPorts ports_;
  std::vector<RingWatch> watches_;
  std::vector<std::string> waits_;  // by ring: why it is not given more
  std::vector<AnswerCounts> control_base_;
  std::optional<Revert> revert_;
  std::list<Order> orders_;
  std::list<Passing> passing_;
  std::vector<std::string> remarks_, progress_;
  std::uint64_t put_number_ = 0;  // the highest that was handed to the log here
  std::vector<Said> said_;        // to be in the view before the next decision
  std::chrono::nanoseconds sent_{0}, looked_{0}, late_asked_{0};
  std::uint64_t late_known_ = 0;
  // Of versions that were folded before this process began, as the history tells.
  std::map<std::uint64_t, event::RolloutClass> classes_;
  std::size_t class_questions_ = 0;  // asked in this step
  // The newest version that soaked in the last ring; 0: none was seen to.
  std::uint64_t last_soaked_ = 0;
  struct Weighed {  // the last churn of a ring: it is dear
    std::uint64_t good, seq;
    std::chrono::nanoseconds at;
    Churn churn;
  };
  mutable std::map<std::size_t, Weighed> weighed_;  // by ring
};

}  // namespace tidemark::producer
