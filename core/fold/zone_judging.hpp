// Judging and applying the edits of one zone within a ChangeSet: the fold's working parts.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/dataset/editor.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::fold {

std::optional<Rejected> check_expectation(const dataset::Editor& editor,
                                          const event::ZoneEdits& edits);

// Applies the edits of one zone and says what became of it. Made, used once and dropped.
class ZoneJudging {
 public:
  ZoneJudging(dataset::Editor& editor, const event::ZoneEdits& edits);

  std::optional<Rejected> apply_edits();
  std::optional<Rejected> check_afterwards();  // rules of every touched owner, the apex
  std::optional<Rejected> settle();            // serial, seq, zone_hash_after
  // RRsets that were there before and are gone; over_limit() if the guard wants them acknowledged.
  std::uint64_t removed() const noexcept { return removed_; }
  bool over_limit() const noexcept;
  std::uint64_t rrsets_before() const noexcept { return rrsets_before_; }
  dns::NameView zone() const noexcept { return edits_.zone; }
  // Nothing for a zone under construction: nobody sees it yet.
  std::optional<ZoneOutcome> outcome() const;

 private:
  std::optional<Rejected> apply(const event::ZoneEdit& edit);
  std::optional<Rejected> put(const event::PutRrset& edit);
  std::optional<Rejected> remove(const event::DeleteRrset& edit);
  std::optional<Rejected> change_settings(const event::PutZoneSettings& edit);
  std::optional<Rejected> create();
  std::optional<Rejected> delete_whole();
  std::optional<Rejected> begin();
  std::optional<Rejected> commit(const event::CommitConstruction& edit);
  void count_removed_by_commit(const dataset::Zone& built);
  void count_removed_by_edits();
  Rejected reject(Reason reason, std::string detail) const;

  dataset::Editor& editor_;
  const event::ZoneEdits& edits_;
  dataset::Editor::Place place_;
  std::optional<dataset::Zone> before_;  // the live zone before this ChangeSet
  std::uint64_t rrsets_before_ = 0;
  dataset::ZoneSettings settings_before_;
  bool deleted_ = false;
  bool committed_ = false;
  bool soa_put_ = false;
  std::uint64_t removed_ = 0;
  std::vector<dns::Name> touched_;
  std::vector<std::pair<dns::Name, dns::RrType>> deleted_rrsets_;
};

}  // namespace tidemark::fold
