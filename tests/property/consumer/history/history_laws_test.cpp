// The history index says what the fold said: at every version, for every zone.
#include <filesystem>

#include <gtest/gtest.h>  // before rapidcheck's own header for it
#include <rapidcheck/gtest.h>

#include "consumer/history/history.hpp"
#include "consumer/history/history_writer.hpp"
#include "schemas/codec.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

class Folder {  // in memory where there is such a place: the laws do not ask for durability
 public:
  Folder() {
    const bool memory = std::filesystem::is_directory("/dev/shm");
    const auto parent = memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string pattern = parent / "tidemark-history-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ / "history.sqlite"; }

 private:
  std::filesystem::path path_;
};

constexpr dataset::Lineage lineage{base::U128{1, 2}};

// A folded life: the Dataset of every version, and the index of the same records.
struct Told {
  std::vector<dataset::Dataset> versions;
  std::size_t accepted = 0, rejected = 0;
};

Told tell(const std::vector<log::Draft>& drafts, const std::string& path) {
  auto writer = HistoryWriter::open(path, lineage);
  RC_ASSERT(writer.has_value());
  fold::State state = fold::State::empty(lineage, dataset::HashSeed(7));
  Told told{{state.dataset}, 0, 0};
  std::int64_t offset = -1;
  for (const log::Draft& draft : drafts) {
    ++offset;
    const auto change = schemas::decode_change_set(draft.value);
    if (!change) {
      RC_ASSERT(writer->skip(offset).has_value());
      continue;
    }
    const fold::Judgement judgement = fold::step(state, *change, offset);
    RC_ASSERT(writer->add({offset, 1000 * offset, *change, judgement}).has_value());
    if (*rc::gen::inRange(0, 4) == 0) RC_ASSERT(writer->commit().has_value());
    if (std::holds_alternative<fold::Accepted>(judgement)) {
      told.versions.push_back(state.dataset);
      ++told.accepted;
    }
    told.rejected += std::holds_alternative<fold::Rejected>(judgement) ? 1 : 0;
  }
  RC_ASSERT(writer->commit().has_value());
  RC_ASSERT(writer->position().offset == offset);
  RC_ASSERT(writer->position().seq == told.versions.size() - 1);
  return told;
}

std::vector<dns::Rrset> in_order(std::vector<dns::Rrset> rrsets) {
  std::ranges::sort(rrsets, [](const dns::Rrset& a, const dns::Rrset& b) {
    return std::tie(a.owner, a.type) < std::tie(b.owner, b.type);
  });
  return rrsets;
}

std::map<std::pair<dns::Name, std::pair<dns::Name, dns::RrType>>, dns::Rrset> all_of(
    const dataset::Dataset& dataset) {
  std::map<std::pair<dns::Name, std::pair<dns::Name, dns::RrType>>, dns::Rrset> all;
  for (const dataset::Zone& zone : dataset.zones()) {
    for (dns::Rrset& rrset : zone.rrsets()) {
      const auto key = std::pair(dns::Name(zone.name()), std::pair(rrset.owner, rrset.type));
      all.insert_or_assign(key, std::move(rrset));
    }
  }
  return all;
}

dns::Rrset without_serial(dns::Rrset rrset) {
  if (rrset.type == dns::RrType::Soa) std::fill_n(rrset.rdata[0].end() - 20, 4, std::uint8_t{0});
  return rrset;
}

RC_GTEST_PROP(HistoryLaws, every_zone_at_every_version_is_what_the_fold_had, ()) {
  const Folder folder;
  const Told told = tell(*support::life(20, 120), folder.file());
  auto history = History::open(folder.file());
  RC_ASSERT(history.has_value());
  for (std::size_t seq = 0; seq < told.versions.size(); ++seq) {
    const dataset::Dataset& then = told.versions[seq];
    std::vector<dns::Name> zones;
    for (const dataset::Zone& zone : then.zones()) zones.emplace_back(zone.name());
    const auto known = history->zones_at(seq);
    RC_ASSERT(known.has_value());
    RC_ASSERT(*known == zones);
    for (const dataset::Zone& zone : then.zones()) {
      const auto past = history->zone_at(zone.name(), seq);
      RC_ASSERT(past.has_value());
      RC_ASSERT(past->serial == zone.serial());
      RC_ASSERT(in_order(past->rrsets) == in_order(zone.rrsets()));
    }
    const auto pools = history->pools_at(seq);
    RC_ASSERT(pools.has_value());
    RC_ASSERT(pools->size() == then.pools().size() + then.overrides().size());
    for (const event::PoolEdit& edit : *pools) {
      if (const auto* pool = std::get_if<event::PutPool>(&edit)) {
        RC_ASSERT(then.find_pool(std::string_view(pool->pool.name))->pool() == pool->pool);
      } else {
        const auto& value = std::get<event::PutOverride>(edit).override_;
        RC_ASSERT(then.find_override(value.pool, value.endpoint) == value);
      }
    }
  }
}

RC_GTEST_PROP(HistoryLaws, diff_of_two_versions_is_what_differs, ()) {
  const Folder folder;
  const Told told = tell(*support::life(20, 120), folder.file());
  auto history = History::open(folder.file());
  const auto last = told.versions.size();
  const std::size_t from = *rc::gen::inRange<std::size_t>(0, last);
  const std::size_t to = *rc::gen::inRange<std::size_t>(0, last);
  const auto differences = history->diff(from, to, {}, 100'000);
  RC_ASSERT(differences.has_value());
  auto state = all_of(told.versions[from]);
  for (const Difference& one : *differences) {
    RC_ASSERT(one.before || one.after);
    const dns::Rrset& any = one.after ? *one.after : *one.before;
    const auto key = std::pair(one.zone, std::pair(any.owner, any.type));
    RC_ASSERT(state.contains(key) == one.before.has_value());
    if (one.before) RC_ASSERT(state.at(key) == *one.before);
    if (one.after) {
      state.insert_or_assign(key, *one.after);
    } else {
      state.erase(key);
    }
  }
  const auto wanted = all_of(told.versions[to]);
  RC_ASSERT(state.size() == wanted.size());
  for (const auto& [key, rrset] : wanted) {
    RC_ASSERT(without_serial(state.at(key)) == without_serial(rrset));
  }
}

RC_GTEST_PROP(HistoryLaws, blame_names_the_change_that_made_each_rrset, ()) {
  const Folder folder;
  const Told told = tell(*support::life(20, 120), folder.file());
  auto history = History::open(folder.file());
  for (const dataset::Zone& zone : told.versions.back().zones()) {
    const auto lines = history->blame(zone.name());
    RC_ASSERT(lines.has_value());
    RC_ASSERT(lines->size() == zone.rrset_count());
    for (const BlameLine& line : *lines) {
      const std::uint64_t seq = line.change.seq.value();
      const auto now = without_serial(line.rrset);
      for (std::uint64_t at = seq; at < told.versions.size(); ++at) {
        const auto then = told.versions[at].find_zone(zone.name())->find(line.rrset.owner);
        RC_ASSERT(without_serial(then->find(line.rrset.type)->to_rrset(line.rrset.owner)) == now);
      }
    }
  }
}

RC_GTEST_PROP(HistoryLaws, a_baseline_tells_the_same_from_there_on, ()) {
  const Folder folder, other;
  const auto drafts = *support::life(20, 60);
  const Told told = tell(drafts, folder.file());
  const dataset::Dataset& last = told.versions.back();
  auto writer = HistoryWriter::open(other.file(), lineage);
  RC_ASSERT(writer->add_baseline(last, 1000, 1000).has_value());
  RC_ASSERT(writer->commit().has_value());
  auto history = History::open(folder.file());
  auto from_baseline = History::open(other.file());
  const std::uint64_t seq = last.version().seq.value();
  for (const dataset::Zone& zone : last.zones()) {
    const auto past = from_baseline->zone_at(zone.name(), seq);
    RC_ASSERT(past.has_value());
    RC_ASSERT(past->rrsets == history->zone_at(zone.name(), seq)->rrsets);
  }
  if (seq > 0) RC_ASSERT(from_baseline->zones_at(seq - 1).error().code == base::Errc::OutOfRange);
}

RC_GTEST_PROP(HistoryLaws, a_replay_from_the_start_changes_nothing, ()) {
  const Folder folder;
  const auto drafts = *support::life(20, 60);
  const Told told = tell(drafts, folder.file());
  auto history = History::open(folder.file());
  const auto before = history->changes({.limit = 1000});
  tell(drafts, folder.file());
  const auto after = history->changes({.limit = 1000});
  RC_ASSERT(after.has_value());
  RC_ASSERT(*after == *before);
  RC_ASSERT(before->size() == told.accepted + told.rejected);
}

}  // namespace
}  // namespace tidemark::consumer
