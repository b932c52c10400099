// Desk: the life of a mutation, from the wish to the answer.
//
//   parked     an earlier change of the same object is not judged yet, or the feeder catches up
//   decided    by producer/decide, and judged early by the fold's preview: errors are told at once
//   pending    in the outbox, on its way to the log
//   judged     by the own fold: 200, 409, 412, 422 or 403
//   acked      (Prefer: wait) every live edge serves it
//
// A step that does not come within `answer_within` (or the client's wait) is answered 202, once the
// outbox is durable: the change goes on without its client. What is judged before `commit_within`
// costs no fsync (producer/publish/outbox.hpp tells why no crash can do harm). While the log cannot
// be reached nobody is parked: changes are decided on top of those that are pending.
//
// An Idempotency-Key makes the change_id, with its request: when a crash takes the receipt, the
// fold's ledger still knows what became of the change.
//
// Invariants  A request is answered once. What was stored in the outbox is never given up here. No
//             202 before Outbox::commit().
// Threads     One. folded() comes from within Feeder::step and only takes notes; step() answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "net/http_server.hpp"
#include "producer/api/desk_answers.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/terms.hpp"
#include "producer/api/wishes.hpp"
#include "producer/decide/decide.hpp"
#include "producer/publish/outbox.hpp"
#include "producer/publish/publisher.hpp"

namespace tidemark::producer {

struct DeskSettings {
  std::chrono::nanoseconds answer_within = std::chrono::seconds(2);
  std::size_t requests_max = 4096;  // parked or waiting
  std::chrono::nanoseconds commit_within = std::chrono::milliseconds(25);
};

struct DeskPorts {
  base::Clock& clock;
  base::Random& random;
  const consumer::Feeder& feeder;
  Outbox& outbox;
  Publisher& publisher;
  const FleetView& fleet;
  std::function<void()> stored{};  // there is something to publish
};

class Desk {
 public:
  Desk(DeskSettings settings, DeskPorts ports);
  ~Desk();

  void take(ReadWish wish, Terms terms, net::Respond respond);
  void folded(const consumer::FoldedChange& folded);
  // Answers whatever can be answered now; when to call again at the latest.
  std::optional<std::chrono::nanoseconds> step();
  // Drops from the outbox what the fold has judged before this process began.
  void settle_known();
  // Before the end of the process: everybody who waits is answered now.
  void close();
  std::vector<std::string> take_remarks();  // for the owner's log

 private:
  struct Waiter;
  struct Group;
  struct Parked;
  struct Acking;
  using Judged = std::variant<Success, ApiError>;

  bool may_decide() const;
  bool log_reachable() const;
  std::set<std::string> busy_objects() const;
  void pump_parked(std::chrono::nanoseconds now);
  void decide_now(Parked request);
  void plan(Parked request, const Base& base, Wish wish);
  void store(Parked request, Plan plan);
  void answer_repeated(Parked request, const Receipt& receipt);
  bool answer_known(Parked& request);
  void judge_by(const fold::Remembered& first, Group& group);
  void finish(Group group);
  void answer(Waiter waiter, const Judged& judged);
  void expire(std::chrono::nanoseconds now);
  void acknowledge(std::chrono::nanoseconds now);
  void keep_receipt(const std::string& key, const base::Sha256& request, event::ChangeId id,
                    const Judged& judged);
  std::chrono::nanoseconds deadline_of(const Terms& terms, std::chrono::nanoseconds since) const;
  event::ChangeId id_for(const Terms& terms);
  void commit_if_due(std::chrono::nanoseconds now);

  const DeskSettings settings_;
  DeskPorts ports_;
  std::list<Parked> parked_;
  std::map<base::U128, Group> groups_;  // by the id of the last ChangeSet
  std::vector<base::U128> judged_;      // groups to finish at the next step
  std::list<Acking> acking_;
  std::vector<std::string> remarks_;
  std::optional<std::chrono::nanoseconds> commit_due_;  // something is in memory only
  bool pumping_ = false;
};

}  // namespace tidemark::producer
