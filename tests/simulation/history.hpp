// History: the judge. It reads the log as nobody else does (every record at once, never a fault),
// folds it, and beside the fold keeps a model of its own, made by a few plain rules: what each
// version holds, and whether the fold was right to accept what it accepted.
//
// Whatever a node folded, serves or restored is compared with a place here. Histories that the log
// has lost since stay known: a node may serve an older one, it may not apply to it.
//
// It also stands between the log and the folds: with a guard of the fold switched off, as_read() is
// the record without what the guard looks at, for everybody alike, as if no build had the guard.
// The model goes by the record as it was written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/fold/fold.hpp"
#include "core/log/memory_log.hpp"
#include "tests/simulation/plan.hpp"

namespace tidemark::simulation {

inline const std::string dataset_name = "sim";
inline const std::string changes_topic = "sim.changes";
inline const std::string health_topic = "sim.health";
inline const std::string control_topic = "sim.control";

struct ModelZone {
  std::uint64_t seq = 0;
  // By owner and type; of an SOA nothing: its serial is the fold's.
  std::map<std::pair<std::string, std::uint16_t>, std::vector<base::Bytes>> rrsets{};
};
struct Model {
  std::map<std::string, std::shared_ptr<const ModelZone>> zones{};
};

struct Place {  // after a record
  base::Sha256 chain;
  std::uint64_t seq;
  base::U128 state_hash;
  base::Sha256 ledger;
  friend bool operator==(const Place&, const Place&) = default;
};
Place place_of(const fold::State& state);

class History {
 public:
  History(std::shared_ptr<log::MemoryStore> store, Guard off);

  // Reads what has come; after every event.
  void follow();
  // The log lost what stood from `next` on.
  void cut(std::int64_t next);

  const log::Record& as_read(const log::Record& record) const;
  const Place* at(std::int64_t offset) const;  // of the log as it is now
  std::int64_t end() const { return static_cast<std::int64_t>(read_.size()); }
  const fold::State& state() const { return *state_; }
  const log::Record* record_at(std::int64_t offset) const;       // as read
  const event::ChangeSet* change_at(std::int64_t offset) const;  // as written
  std::optional<fold::Remembered> fate_of(event::ChangeId id) const {
    return state_->ledger.find(id);
  }
  // Of any history that ever was; nothing: no log ever held it.
  const Place* known(const base::Sha256& chain) const;
  const Model* version(std::uint64_t seq, const base::U128& hash) const;
  std::string take_violation() { return std::exchange(violation_, {}); }

 private:
  struct Read {
    log::Record record;  // as_read
    std::optional<event::ChangeSet> change;
    Place place;
  };
  void refold();
  void take(const log::Record& raw);
  log::Record without_guard(const log::Record& raw, const event::ChangeSet& change) const;
  void judge(const event::ChangeSet& change, const fold::Judgement& judgement);
  std::string what_is_broken(const event::ChangeSet& change) const;
  void apply(const event::ChangeSet& change, std::uint64_t seq);
  std::uint64_t removed_by(const event::ZoneEdits& edits) const;
  void violate(std::string what);

  const Guard off_;
  log::MemoryLog log_;
  std::unique_ptr<log::Source> source_;
  std::unique_ptr<fold::State> state_;
  std::vector<log::Record> raw_;
  std::vector<Read> read_;
  Model model_;
  std::map<base::U128, std::int64_t> first_seen_;  // change ids, of the log as it is now
  std::map<std::string, std::uint64_t> epochs_;
  std::map<base::Sha256, Place> known_;
  std::map<std::pair<std::uint64_t, base::U128>, Model> versions_;
  std::string violation_;
};

}  // namespace tidemark::simulation
