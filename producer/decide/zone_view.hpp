// ZoneView: one zone as it will be once the ChangeSets that this controller has accepted, but whose
// judgement it has not seen yet, are applied in order.
//
// With nothing pending it is the zone of the Dataset. It assumes that every pending ChangeSet will
// be accepted and that nobody else writes meanwhile; if that is wrong, expected_seq() is wrong too,
// and what was decided on it is rejected by its `expect`.
//
// Cost  find, types_at: a lookup in the zone. rrsets: the whole zone.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/dataset/dataset.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::producer {

// What is decided on. The ChangeSets are those of the outbox, in its order; they outlive the Base.
struct Base {
  const dataset::Dataset& dataset;
  std::vector<const event::ChangeSet*> pending{};
};

class ZoneView {
 public:
  ZoneView(const Base& base, dns::NameView zone);

  bool exists() const noexcept { return exists_; }
  // A large import of this zone is pending: its content cannot be foreseen.
  bool is_under_construction() const noexcept { return under_construction_; }
  bool is_as_folded() const noexcept { return !touched_; }  // nothing pending touches it
  event::ZoneSeq expected_seq() const noexcept { return seq_; }
  dataset::ZoneSettings settings() const noexcept { return settings_; }
  std::uint64_t rrset_count() const noexcept { return count_; }

  std::optional<dns::Rrset> find(const dns::Name& owner, dns::RrType type) const;
  std::vector<dns::RrType> types_at(const dns::Name& owner) const;
  std::vector<dns::Rrset> rrsets() const;  // SOA first if nothing is pending; else by owner, type

 private:
  using Key = std::pair<dns::Name, dns::RrType>;
  void apply(const event::ZoneEdits& edits);
  void put(Key key, std::optional<dns::Rrset> rrset);

  std::optional<dataset::Zone> live_;
  std::map<Key, std::optional<dns::Rrset>> overlay_;
  dataset::ZoneSettings settings_;
  event::ZoneSeq seq_{0};
  std::uint64_t count_ = 0;
  bool exists_ = false;
  bool under_construction_ = false;
  bool touched_ = false;
};

}  // namespace tidemark::producer
