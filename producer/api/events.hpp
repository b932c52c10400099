// Events: what happens in the fleet, told as it happens: GET /v1/events (docs/rollout.md).
//
//   change   judged by the own fold: accepted, rejected, undecodable
//   node     an edge appeared, changed its state, came back; fell silent, complained
//   health   the verdict on an endpoint flipped
//   hold     a pin or a watermark was set, moved or ended; a roll-out stopped or went on
//   reset    to one reader: what it missed is not held any more; read the state anew
//
// The newest events_max are held in memory. An event's id names the run of this controller, so a
// reader that comes back to another run is told `reset`. Two forms: server-sent events, which go on
// (Accept: text/event-stream; resumed by Last-Event-ID), and one page of JSON (?after=ID).
//
// Threads  One.
// Cost     add: the readers that are connected; one that reads too slowly is dropped.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "net/http.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/reads.hpp"

namespace boost::json {
class object;
}

namespace tidemark::producer {

constexpr std::size_t events_max = 4096;
constexpr std::size_t event_readers_max = 64;
constexpr std::chrono::seconds event_comment_period{15};  // a quiet stream shows that it lives

class Events {
 public:
  // `run`: drawn at each start.
  Events(std::uint64_t run, base::Clock& clock);

  void add(std::string_view type, const boost::json::object& what);
  // GET /v1/events
  Answered answer(const net::HttpRequest& request);
  // Comments to readers that hear nothing; those that have gone are forgotten.
  void step();
  void close();
  std::size_t readers() const noexcept { return readers_.size(); }

 private:
  struct Event {
    std::uint64_t number;
    std::string type, body;
  };
  std::string id_of(std::uint64_t number) const;
  // The number behind which to go on; nothing: it must be told `reset`.
  std::optional<std::uint64_t> number_of(std::string_view id) const;
  std::string frame(const Event& event) const;
  std::string reset_frame() const;
  net::HttpResponse stream(const std::optional<std::string>& after);
  Answered page(const net::HttpRequest& request, const std::optional<std::string>& after) const;
  void send(const std::string& octets);

  const std::string run_;
  base::Clock& clock_;
  std::deque<Event> events_;
  std::uint64_t newest_ = 0;
  std::list<std::shared_ptr<net::BodyStream>> readers_;
  std::chrono::nanoseconds sent_{0};
};

// EventSight: sees what changes from step to step in what others hold, and tells Events.
class EventSight {
 public:
  EventSight(Events& events, const consumer::Feeder& feeder, const FleetView& fleet)
      : events_(events), feeder_(feeder), fleet_(fleet) {}

  void folded(const consumer::FoldedChange& folded);
  void skipped(const event::Nack& nack);
  void step();
  std::size_t nodes() const noexcept { return nodes_.size(); }

 private:
  void look_at_nodes();
  void look_at_health();
  void look_at_holds();

  struct SeenNode {
    event::NodeState state;
    bool live;
    base::U128 instance;
    std::size_t nacks;
    std::string trouble;
    bool shared = false;  // two report under the name, in turns
  };
  Events& events_;
  const consumer::Feeder& feeder_;
  const FleetView& fleet_;
  std::map<std::string, SeenNode> nodes_;
  std::map<std::pair<std::string, std::string>, std::string> verdicts_;
  std::int64_t health_offset_ = -2;
  std::uint64_t health_seq_ = 0;
  std::int64_t control_offset_ = -2;
  std::map<std::string, consumer::PlacedPin, std::less<>> pins_;
  std::map<std::string, event::Watermark, std::less<>> marks_;
  bool nodes_known_ = false, health_known_ = false, holds_known_ = false;
};

}  // namespace tidemark::producer
