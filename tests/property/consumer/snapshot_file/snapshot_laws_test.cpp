// Law 4, its second half: any flipped bit is refused and the next generation is used.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "consumer/snapshot_file/snapshot_store.hpp"
#include "schemas/codec.hpp"
#include "tests/support/life.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const dataset::Lineage lineage = lineage_of("tests");

void fold_in(SnapshotContents& contents, const log::Draft& draft) {
  fold::State& state = contents.state;
  const std::int64_t offset = state.offset + 1;
  if (const auto change = schemas::decode_change_set(draft.value)) {
    fold::step(state, *change, offset);
  } else {
    ++state.undecodable;
  }
  fold::advance(state, offset, base::sha256(draft.value));
}

SnapshotContents contents_of(const std::vector<log::Draft>& drafts, std::size_t count) {
  SnapshotContents contents{
      fold::State::empty(lineage, dataset::HashSeed(1)), "memory", {}, -1, {}};
  for (std::size_t i = 0; i < count; ++i) fold_in(contents, drafts[i]);
  return contents;
}

RC_GTEST_PROP(SnapshotLaws, ParsedIsWhatWasSerialized, ()) {
  const auto drafts = *life(1, 40);
  SnapshotContents contents = contents_of(drafts, drafts.size());
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    contents.observations.apply(*health_frame(), 1000 + i);
  }
  const base::Bytes file = serialize(contents);
  const auto parsed = parse(file, lineage, dataset::HashSeed(*rc::gen::arbitrary<std::uint64_t>()));
  if (!parsed) RC_FAIL(parsed.error().trail);
  RC_ASSERT(parsed->state.dataset.version() == contents.state.dataset.version());
  RC_ASSERT(parsed->state.ledger == contents.state.ledger);
  RC_ASSERT(parsed->observations == contents.observations);
  RC_ASSERT(serialize(*parsed) == file);
  for (const dataset::Zone& zone : contents.state.dataset.zones()) {
    const auto read = parsed->state.dataset.find_zone(zone.name());
    RC_ASSERT(read->seq() == zone.seq());
    RC_ASSERT(read->name_count() == zone.name_count());
    RC_ASSERT(read->dname_count() == zone.dname_count());
  }
}

RC_GTEST_PROP(SnapshotLaws, ADamagedFileIsSetAsideAndTheNextOneUsed, ()) {
  const auto drafts = *life(4, 20);
  MemoryDisk disk;
  SnapshotStore store(disk, lineage);
  std::vector<std::string> files;
  const auto newest = *rc::gen::inRange<std::size_t>(3, drafts.size());
  for (std::size_t count = newest - 2; count <= newest; ++count) {
    files.push_back(store.save(contents_of(drafts, count))->name);
  }
  // 0: intact, 1: a bit, 2: cut, 3: grown, 4: gone
  std::int64_t expected = -2;
  std::size_t bad = 0;
  for (std::size_t i = files.size(); i-- > 0;) {
    base::Bytes& octets = disk.files().at(files[i]);
    const auto at = *rc::gen::inRange<std::size_t>(0, octets.size());
    const int damage = *rc::gen::inRange(0, 5);
    switch (damage) {
      case 0:  break;
      case 1:  octets[at] ^= static_cast<std::uint8_t>(1 << *rc::gen::inRange(0, 8)); break;
      case 2:  octets.resize(at); break;
      case 3:  octets.push_back(0); break;
      default: disk.files().erase(files[i]);
    }
    if (damage == 0 && expected == -2) expected = static_cast<std::int64_t>(newest - 2 + i) - 1;
    if (expected == -2 && damage != 4) ++bad;
  }
  const RestoreReport report = store.restore(dataset::HashSeed(9));
  RC_ASSERT((report.contents ? report.contents->state.offset : -2) == expected);
  RC_ASSERT(report.set_aside == bad);
  RC_ASSERT(report.remarks.size() == bad);
}

RC_GTEST_PROP(SnapshotLaws, BytesOfStrangersGiveAnErrorAndNothingElse, ()) {
  const auto drafts = *life(1, 12);
  base::Bytes file = serialize(contents_of(drafts, drafts.size()));
  for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, file.size());
    file[at] = *rc::gen::arbitrary<std::uint8_t>();
  }
  const auto parsed = parse(file, lineage, dataset::HashSeed(1));
  if (parsed) RC_ASSERT(serialize(*parsed) == file);
  RC_ASSERT(!parse(*bytes(300), lineage, dataset::HashSeed(1)).has_value());
}

}  // namespace
}  // namespace tidemark::consumer
