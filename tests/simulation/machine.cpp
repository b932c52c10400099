#include "tests/simulation/machine.hpp"

#include <algorithm>

#include "schemas/codec.hpp"

namespace tidemark::simulation {

using log::Happening;

namespace {

constexpr std::chrono::nanoseconds heartbeat = std::chrono::seconds(5);

}  // namespace

void Astray::folded(const consumer::FoldedChange& folded) {
  const std::int64_t offset = folded.offset.value();
  const Place* const place = world_.history.at(offset);
  if (place == nullptr) {
    return world_.violate("I5: " + who_ + " folded offset " + std::to_string(offset) +
                          ", which the log does not hold");
  }
  const Place here = place_of(folded.after);
  if (here.chain == place->chain) {
    astray_ = false;
    if (here != *place) {
      world_.violate("I7: " + who_ + " made another state of the same records at offset " +
                     std::to_string(offset));
    }
  } else if (!astray_) {
    const log::Record* const before = world_.history.record_at(offset - 1);
    if (before == nullptr || offset_ != offset - 1 || log::record_hash(*before) != last_record_) {
      return world_.violate("I5: " + who_ + " applied offset " + std::to_string(offset) +
                            " of this log to the history of another");
    }
    astray_ = true;
    ++world_.astray;
    world_.tell(who_ + ": goes astray at offset " + std::to_string(offset));
  }
  note(folded.after);
}

void Astray::skipped(std::int64_t offset) {
  const log::Record* const record = world_.history.record_at(offset);
  if (record == nullptr) return;
  offset_ = offset;
  last_record_ = log::record_hash(*record);
}

void Astray::restored(const consumer::SnapshotContents& contents) {
  astray_ = false;
  due_.reset();
  note(contents.state);
  if (contents.state.offset < 0) return;
  const Place* const place = world_.history.known(contents.state.chain);
  if (place != nullptr && place_of(contents.state) == *place) return;
  if (place == nullptr && world_.astray > 0) {  // a file of one who was astray
    astray_ = true;
    return;
  }
  world_.violate("restore: " + who_ + " restored what no replay gives, at offset " +
                 std::to_string(contents.state.offset));
}

bool Astray::is_told(const consumer::Feeder& feeder, std::chrono::nanoseconds now) {
  const Place* const place = world_.history.at(feeder.state().offset);
  const bool differs = place != nullptr && place->chain != feeder.state().chain;
  if (!differs || feeder.status().needs_bootstrap) {
    due_.reset();
    if (place != nullptr && !differs) astray_ = false;
    return false;
  }
  if (!astray_ || feeder.node_state() == event::NodeState::Cold) return false;
  if (!due_) due_ = now + heartbeat;
  if (now < *due_) return false;
  due_.reset();
  return true;
}

void Machine::note_saved(const consumer::SavedFile& file, std::uint64_t seq) {
  if (!file.written) return;  // it is there by its name; what a damage did to it is another matter
  durable_seq = std::max(durable_seq, seq);
  if (world.plan.off == Guard::SnapshotSync) unsynced_ = file.name;
}

void Machine::lose_unsynced() {
  const auto file = disk.files().find(unsynced_);
  if (file != disk.files().end() && world.dice.chance(50)) {
    file->second.resize(file->second.size() / 2);
  }
  unsynced_.clear();
}

void Machine::damage_a_file() {
  auto& files = disk.files();
  if (files.empty()) return;
  auto file = files.begin();
  std::advance(file, world.dice.below(files.size()));
  base::Bytes& octets = file->second;
  if (octets.empty()) return;
  if (world.dice.chance(50)) {
    octets[world.dice.below(octets.size())] ^= 0x40;
  } else {
    octets.resize(world.dice.below(octets.size()));
  }
  durable_seq = 0;
  world.tell(name + ": a file is damaged");
}

void Machine::mend_disk() {
  disk.fail_call(0);
  disk.set_octets_max(std::size_t{1} << 40);
}

base::Result<void> SeamedSource::start(log::Offset from) {
  next_ = from.value();
  shown_.reset();
  const auto seen = seen_.find(from.value());
  if (hides() && seen != seen_.end()) {
    shown_ = seen->second;
    ++next_;
  }
  return inner_->start(log::Offset(next_));
}

base::Result<log::Drained> SeamedSource::drain(std::size_t records_max) {
  world_.history.follow();
  auto drained = inner_->drain(records_max);
  if (!drained) return drained;
  if (hides() && std::ranges::count(drained->happenings, Happening::OutOfRange) > 0) {
    const auto bounds = inner_->bounds();
    if (bounds && bounds->next.value() < next_) {  // cut: looks as if nothing had come yet
      (void)inner_->start(log::Offset(next_));
      drained->happenings = {Happening::CaughtUp};
    }
  }
  for (log::Record& record : drained->records) {
    next_ = record.offset.value() + 1;
    record = torn(world_.history.as_read(record));
    if (hides()) seen_.insert_or_assign(record.offset.value(), record);
  }
  if (shown_) {
    drained->records.insert(drained->records.begin(), *std::exchange(shown_, std::nullopt));
  }
  return drained;
}

base::Result<std::unique_ptr<log::Source>> SeamedLog::source(std::string_view topic) {
  TIDEMARK_TRY(auto inner, inner_.source(topic));
  if (topic != changes_topic) return inner;
  return std::make_unique<SeamedSource>(std::move(inner), world_, seen_, tears_);
}

// The second half of every second ChangeSet gets lost on its way to this node.
log::Record SeamedSource::torn(log::Record record) const {
  if (!tears_ || record.offset.value() % 2 == 0) return record;
  auto change = schemas::decode_change_set(record.value);
  if (!change) return record;
  for (event::ZoneEdits& zone : change->zones) {
    if (zone.edits.size() == 2) zone.edits.pop_back();
  }
  record.value = schemas::encode(*change);
  return record;
}

}  // namespace tidemark::simulation
