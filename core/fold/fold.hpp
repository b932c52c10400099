// The fold: what a ChangeSet means.
//
// evolve() judges one ChangeSet against the state before it and either makes the next Dataset or
// rejects it with a reason; total and deterministic: no clock, randomness, locale, hash order or
// float. State is everything that the fold of `changes` carries from record to record; step() folds
// one record's ChangeSet into it.
//
// Order of judging: fold_version and limits, twin (change_id), author epoch, preconditions of every
// zone, then the edits in order, then what must hold afterwards (zones, guards, zone_hash_after).
// The first rule that is broken rejects the whole ChangeSet.
//
// Invariants  Rejected: the Dataset is the same object as before. Accepted: seq is one higher.
// Threads     The feeder.
// Cost        About 3 us for one RRset, at any size of the zone; DeleteZone, CommitConstruction and
//             a removed cut above a DNAME scan their zone.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/hash.hpp"
#include "core/dataset/dataset.hpp"
#include "core/dataset/editor.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/ledger.hpp"
#include "core/fold/reason.hpp"

namespace tidemark::fold {

struct ZoneOutcome {  // of one zone that an accepted ChangeSet touched
  dns::Name zone;
  bool deleted = false;
  dns::Serial serial{0};
  event::ZoneSeq seq{0};
  base::U128 hash;
  friend bool operator==(const ZoneOutcome&, const ZoneOutcome&) = default;
};
struct Accepted {
  dataset::Version version;
  std::vector<ZoneOutcome> zones;
};
struct Rejected {
  Reason reason;
  std::string detail;  // names zone, owner, type and limit, for people; not part of any hash
};
struct Twin {  // seen before: changes nothing; the first one's fate stands
  Remembered first;
};
using Judgement = std::variant<Accepted, Rejected, Twin>;

// Judges `change` and edits. On Rejected the Editor must be dropped. `ledger` is only read.
std::variant<std::vector<ZoneOutcome>, Rejected> evolve(dataset::Editor& editor,
                                                        const Ledger& ledger,
                                                        const event::ChangeSet& change);

struct State {
  dataset::Dataset dataset;
  Ledger ledger;
  std::int64_t offset = -1;    // of the last folded record of `changes`
  base::Sha256 chain{};        // SHA-256(previous chain, record hash), of every record
  base::Sha256 last_record{};  // hash of the last folded record: the overlap read compares it
  std::uint64_t accepted = 0, rejected = 0, undecodable = 0, twins = 0;

  static State empty(dataset::Lineage lineage, dataset::HashSeed seed) {
    return State{dataset::Dataset::empty(lineage, seed), {}};
  }
};

// Folds the ChangeSet of the record at `offset`. Position and chain are moved by advance().
Judgement step(State& state, const event::ChangeSet& change, std::int64_t offset);
// What `step` would say, with nothing changed: for dry runs and for a controller's early answer.
Judgement preview(const State& state, const event::ChangeSet& change);
// Every record, accepted, rejected or undecodable, moves the position and the chain.
void advance(State& state, std::int64_t offset, const base::Sha256& record_hash);

}  // namespace tidemark::fold
