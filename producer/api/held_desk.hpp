// HeldDesk: the life of a held change, from the wish to its end.
//
//   proposed   decided as ever, but kept as a Proposal in `control` instead of published. Whoever
//              wishes is answered once it was read back from the log
//   approved   by another than its author. First the decision, read back: of several the first in
//              the log stands. Then the change, decided anew (held_review.hpp) and published by
//              the Desk under an id that follows from the Proposal's: the fold makes it once,
//              however many controllers publish it. Did the fold reject it, then it is open again;
//              so is whatever the Desk refuses
//   rejected   by whoever may approve, or withdrawn by its author
//   forgotten  closed and proposal_kept long in the log: a tombstone. An open one stays; after
//              proposal_stale_after it is shown as stale
//
// Decided but not made (a crash, or the log away, between the two): shown so; approving it again
// publishes it. If it is outdated meanwhile, approving opens it again, and it can be rejected.
//
// Invariants  A request is answered once. Requests for one Proposal go one after the other. No
//             change is published before its approval was read back.
// Threads     One; that of the feeder.
// Requires    What HeldPorts refers to outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "core/event/control.hpp"
#include "net/http_server.hpp"
#include "producer/api/control_writer.hpp"
#include "producer/api/desk.hpp"
#include "producer/api/held_reads.hpp"
#include "producer/api/rollback.hpp"
#include "producer/api/terms.hpp"
#include "producer/api/wishes.hpp"

namespace tidemark::producer {

constexpr std::size_t held_requests_max = 256;
constexpr std::size_t proposals_max = 1000;  // in `control`, of all controllers
constexpr std::size_t proposals_octets_max = std::size_t{32} * 1024 * 1024;

enum class Names : std::uint8_t { Proven, Told };  // by tokens; by a header, on loopback only
enum class Power : std::uint8_t { Approve, WithdrawOwn };

struct HeldPorts {
  base::Clock& clock;
  base::Random& random;
  Outbox& outbox;
  RollbackPorts past;
  Desk& desk;
  ControlWriter* control = nullptr;  // none: nothing can be held here
  Names names = Names::Told;
};

class HeldDesk {
 public:
  explicit HeldDesk(HeldPorts ports) : ports_(ports) {}
  ~HeldDesk();

  // Any mutation with ?hold=1.
  void propose(ReadWish wish, Terms terms, net::Respond respond);
  // Why a request without ?hold=1 is none: its Idempotency-Key stands for one that was held.
  std::optional<ApiError> held_instead(const Terms& terms) const;
  // POST /v1/held/{id}/approve, POST /v1/held/{id}/reject
  void approve(const std::string& id, Terms terms, net::Respond respond);
  void reject(const std::string& id, Terms terms, Power power, net::Respond respond);
  std::optional<std::chrono::nanoseconds> step();
  void close();

 private:
  enum class Kind : std::uint8_t { Propose, Approve, Reject, Note };  // Note: nobody waits
  enum class Stage : std::uint8_t { Telling, Decided, Publishing };
  struct Request {
    Kind kind;
    event::Proposal record;  // to append
    bool tombstone = false;
    std::optional<net::Respond> respond{};
    std::string answer{};  // Propose: the body, once it is read back
    std::string key{};     // Idempotency-Key of that request, which is `request`
    base::Sha256 request{};
    std::optional<std::chrono::seconds> wait{};
    Stage stage = Stage::Telling;          // Decided: that it is approved was read back before
    std::chrono::nanoseconds deadline{0};  // of being read back
    Said said{};
    // What the Desk said of the change.
    std::shared_ptr<std::optional<net::HttpResponse>> published{};
  };
  std::expected<void, ApiError> check_ready() const;
  std::expected<void, ApiError> check_room(const event::Proposal& wanted) const;
  bool answer_repeated(const Terms& terms, net::Respond& respond) const;
  std::expected<event::Proposal, ApiError> find_open(const std::string& id, const Terms& terms,
                                                     Kind kind) const;
  std::expected<Plan, ApiError> plan(const ReadWish& wish, const Terms& terms,
                                     event::ChangeId id) const;
  bool is_same_person(const std::string& author, const std::string& other) const;
  void take(Request request);
  void note(event::Proposal record, bool tombstone);
  void begin_notes();
  void reopen(event::Proposal open);
  bool is_outdated(const event::Proposal& held) const;
  bool advance(Request& request, std::chrono::nanoseconds now);  // true: it is done
  void say(Request& request);
  bool answer_read_back(Request& request);
  bool publish(Request& request);
  bool answer_published(Request& request);
  void look_after(std::chrono::nanoseconds now);

  const HeldPorts ports_;
  std::list<Request> requests_;
  std::vector<Request> notes_;  // made while requests_ is walked
  std::chrono::nanoseconds look_after_due_{0};
};

}  // namespace tidemark::producer
