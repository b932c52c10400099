#include "tests/simulation/history.hpp"

#include <algorithm>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "schemas/codec.hpp"

namespace tidemark::simulation {
namespace {

constexpr std::size_t drained_max = 4096;
// The rules of the fold, as docs tell them.
constexpr std::uint64_t guarded_rrsets_min = 10, removal_percent_max = 30;

template <class... Each>
struct Overload : Each... {
  using Each::operator()...;
};

}  // namespace

Place place_of(const fold::State& state) {
  const dataset::Version version = state.dataset.version();
  return {state.chain, version.seq.value(), version.state_hash.value(),
          base::sha256(state.ledger.to_octets())};
}

History::History(std::shared_ptr<log::MemoryStore> store, Guard off)
    : off_(off), log_(std::move(store)), source_(*log_.source(changes_topic)) {
  refold();
  (void)source_->start(log::Offset(0));
}

void History::violate(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

void History::follow() {
  for (;;) {
    const auto drained = source_->drain(drained_max);
    TIDEMARK_CHECK(drained.has_value(), "the judge's connection stands");
    for (const log::Record& record : drained->records) {
      TIDEMARK_CHECK(record.offset.value() == end(), "the judge reads every record");
      raw_.push_back(record);
      take(record);
    }
    if (!drained->more) return;
  }
}

void History::cut(std::int64_t next) {
  if (next < end()) {
    raw_.erase(raw_.begin() + next, raw_.end());
    refold();
    for (const log::Record& record : raw_) take(record);
  }
  (void)source_->start(log::Offset(end()));
}

void History::refold() {
  read_.clear();
  model_ = {};
  first_seen_.clear();
  epochs_.clear();
  state_ = std::make_unique<fold::State>(
      fold::State::empty(consumer::lineage_of(dataset_name), dataset::HashSeed(1)));
}

void History::take(const log::Record& raw) {
  const std::int64_t offset = raw.offset.value();
  const auto change = schemas::decode_change_set(raw.value);
  Read read{raw, {}, {}};
  if (change) {
    read.change = *change;
    read.record = without_guard(raw, *change);
    const auto folded = schemas::decode_change_set(read.record.value);
    TIDEMARK_CHECK(folded.has_value(), "a record without its guard is a record");
    const fold::Judgement judgement = fold::step(*state_, *folded, offset);
    judge(*change, judgement);
    first_seen_.try_emplace(change->change_id.value(), offset);
    auto& epoch = epochs_[change->author];
    epoch = std::max(epoch, change->author_epoch.value());
  } else {
    ++state_->undecodable;
  }
  fold::advance(*state_, offset, log::record_hash(read.record));
  read.place = place_of(*state_);
  const auto [at, fresh] = known_.emplace(read.place.chain, read.place);
  if (!fresh && at->second != read.place) {
    violate("I7: the same records, folded twice by the judge, are not the same state at offset " +
            std::to_string(offset));
  }
  versions_.emplace(std::pair(read.place.seq, read.place.state_hash), model_);
  read_.push_back(std::move(read));
}

log::Record History::without_guard(const log::Record& raw, const event::ChangeSet& written) const {
  event::ChangeSet change = written;
  const std::int64_t offset = raw.offset.value();
  switch (off_) {
    case Guard::Expect:
      for (event::ZoneEdits& zone : change.zones) zone.expect = event::ExpectAny{};
      break;
    case Guard::AuthorEpoch: change.author_epoch = event::AuthorEpoch(0); break;
    case Guard::ChangeId:
      if (first_seen_.contains(change.change_id.value())) {
        base::U128 id = change.change_id.value();
        id.high ^= 0xdead0000'00000000u + static_cast<std::uint64_t>(offset);
        change.change_id = event::ChangeId(id);
      }
      break;
    case Guard::Removals: {
      std::uint64_t removed = 0;
      for (const event::ZoneEdits& zone : change.zones) removed += removed_by(zone);
      change.acknowledged_removals = removed;
      break;
    }
    default: return raw;
  }
  log::Record record = raw;
  record.value = schemas::encode(change);
  return record;
}

const log::Record& History::as_read(const log::Record& record) const {
  const auto at = static_cast<std::size_t>(record.offset.value());
  TIDEMARK_CHECK(at < read_.size(), "the judge reads before everybody else");
  return read_[at].record;
}

const Place* History::at(std::int64_t offset) const {
  if (offset < 0 || offset >= end()) return nullptr;
  return &read_[static_cast<std::size_t>(offset)].place;
}

const log::Record* History::record_at(std::int64_t offset) const {
  if (offset < 0 || offset >= end()) return nullptr;
  return &read_[static_cast<std::size_t>(offset)].record;
}

const event::ChangeSet* History::change_at(std::int64_t offset) const {
  if (offset < 0 || offset >= end()) return nullptr;
  const auto& change = read_[static_cast<std::size_t>(offset)].change;
  return change ? &*change : nullptr;
}

const Place* History::known(const base::Sha256& chain) const {
  const auto found = known_.find(chain);
  return found == known_.end() ? nullptr : &found->second;
}

const Model* History::version(std::uint64_t seq, const base::U128& hash) const {
  const auto found = versions_.find({seq, hash});
  return found == versions_.end() ? nullptr : &found->second;
}

void History::judge(const event::ChangeSet& change, const fold::Judgement& judgement) {
  const auto* accepted = std::get_if<fold::Accepted>(&judgement);
  if (accepted == nullptr) return;
  if (const std::string broken = what_is_broken(change); !broken.empty()) {
    violate(broken + " (change " + base::to_hex(change.change_id.value()) + ": " + change.reason +
            ")");
  }
  apply(change, accepted->version.seq.value());
}

// Why this change must not be accepted now; empty: it may be.
std::string History::what_is_broken(const event::ChangeSet& change) const {
  if (first_seen_.contains(change.change_id.value())) {
    return "I6: a twin was accepted a second time";
  }
  const auto epoch = epochs_.find(change.author);
  const std::uint64_t said = change.author_epoch.value();
  if (said != 0 && epoch != epochs_.end() && said < epoch->second) {
    return "promise 5: a stale writer won: epoch " + std::to_string(said) + " after " +
           std::to_string(epoch->second);
  }
  for (const event::ZoneEdits& edits : change.zones) {
    const auto zone = model_.zones.find(edits.zone.to_text());
    const bool exists = zone != model_.zones.end();
    const auto* exactly = std::get_if<event::ExpectExactly>(&edits.expect);
    if (exactly != nullptr && (!exists || zone->second->seq != exactly->seq.value())) {
      return "promise 5: a stale plan won: decided on " + std::to_string(exactly->seq.value()) +
             ", applied to " + std::to_string(exists ? zone->second->seq : 0);
    }
    if (std::holds_alternative<event::ExpectAbsent>(edits.expect) && exists) {
      return "promise 5: a zone was made over one that exists";
    }
    const std::uint64_t removed = removed_by(edits);
    const std::uint64_t before = exists ? zone->second->rrsets.size() : 0;
    if (before >= guarded_rrsets_min && removed * 100 > before * removal_percent_max &&
        change.acknowledged_removals != removed) {
      return "I3: " + std::to_string(removed) + " of " + std::to_string(before) +
             " RRsets went away, and nobody acknowledged that";
    }
  }
  return {};
}

std::uint64_t History::removed_by(const event::ZoneEdits& edits) const {
  const auto zone = model_.zones.find(edits.zone.to_text());
  if (zone == model_.zones.end()) return 0;
  std::uint64_t removed = 0;
  for (const event::ZoneEdit& edit : edits.edits) {
    if (const auto* gone = std::get_if<event::DeleteRrset>(&edit)) {
      removed +=
          zone->second->rrsets.contains({gone->owner.to_text(), std::to_underlying(gone->type)});
    }
  }
  return removed;
}

void History::apply(const event::ChangeSet& change, std::uint64_t seq) {
  for (const event::ZoneEdits& edits : change.zones) {
    auto& place = model_.zones[edits.zone.to_text()];
    ModelZone zone = place ? *place : ModelZone{};
    zone.seq = seq;
    for (const event::ZoneEdit& edit : edits.edits) {
      std::visit(
          Overload{[&](const event::PutRrset& put) {
                     const bool soa = put.rrset.type == dns::RrType::Soa;
                     zone.rrsets[{put.rrset.owner.to_text(), std::to_underlying(put.rrset.type)}] =
                         soa ? std::vector<base::Bytes>() : put.rrset.rdata;
                   },
                   [&](const event::DeleteRrset& gone) {
                     zone.rrsets.erase({gone.owner.to_text(), std::to_underlying(gone.type)});
                   },
                   [](const auto&) {}},
          edit);
    }
    for (const dns::RrType type : {dns::RrType::Soa, dns::RrType::Ns}) {
      if (!zone.rrsets.contains({edits.zone.to_text(), std::to_underlying(type)})) {
        violate("I3: a zone lost its SOA or its NS");
      }
    }
    place = std::make_shared<const ModelZone>(std::move(zone));
  }
}

}  // namespace tidemark::simulation
