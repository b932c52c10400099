// ChangeSet: the unit of change on the `changes` topic, as plain values.
//
// All of a ChangeSet applies, or none of it (core/fold judges). It names whole RRsets only, so it
// is idempotent and complete in itself. These are values: bytes belong to schemas/, rules to the
// fold.
//
// Invariants  Owner names and RDATA are in canonical wire form (core/dns/rrset.hpp). Whoever makes
//             a ChangeSet sees to it; the fold checks it again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/strong.hpp"
#include "core/base/u128.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/dns/types.hpp"
#include "core/event/pool.hpp"

namespace tidemark::event {

constexpr std::size_t change_set_octets_max = 900 * 1024;  // encoded
constexpr std::size_t edits_max = 65536;                   // in one ChangeSet, all zones together
constexpr std::size_t author_octets_max = 255;
constexpr std::size_t reason_octets_max = 4096;
constexpr std::size_t origin_system_octets_max = 32;
constexpr std::size_t origin_id_octets_max = 512;
constexpr std::size_t succession_places_max = 128;
constexpr std::uint64_t succession_seq_max = std::uint64_t{1} << 62;
constexpr std::uint16_t min_reader_supported = 3;  // a record above this halts our fold
constexpr std::uint16_t fold_version_supported = 1;

using ChangeId = base::Strong<struct ChangeIdTag, base::U128>;
using AuthorEpoch = base::Strong<struct AuthorEpochTag, std::uint64_t>;  // 0: not fenced
using ZoneSeq = base::Strong<struct ZoneSeqTag, std::uint64_t>;  // seq of the zone's last change

enum class RolloutClass : std::uint8_t { Standard = 0, Expedite = 1, Manual = 2 };

// What must be true of the zone when the ChangeSet is judged, in log order.
struct ExpectAny {
  friend bool operator==(const ExpectAny&, const ExpectAny&) = default;
};
struct ExpectAbsent {
  friend bool operator==(const ExpectAbsent&, const ExpectAbsent&) = default;
};
struct ExpectExactly {
  ZoneSeq seq;
  friend bool operator==(const ExpectExactly&, const ExpectExactly&) = default;
};
using Expect = std::variant<ExpectAny, ExpectAbsent, ExpectExactly>;

struct CreateZone {
  friend bool operator==(const CreateZone&, const CreateZone&) = default;
};
struct DeleteZone {
  friend bool operator==(const DeleteZone&, const DeleteZone&) = default;
};
struct PutRrset {
  dns::Rrset rrset;
  friend bool operator==(const PutRrset&, const PutRrset&) = default;
};
struct DeleteRrset {
  dns::Name owner;
  dns::RrType type;
  friend bool operator==(const DeleteRrset&, const DeleteRrset&) = default;
};
// Guard thresholds and the like; an absent field keeps its value.
struct PutZoneSettings {                             // with expire_seconds: min_reader 2
  std::optional<std::uint8_t> removal_percent_max;   // default 30
  std::optional<std::uint32_t> removal_rrsets_min;   // zones smaller than this have no such guard
  std::optional<std::uint32_t> ttl_seconds_ceiling;  // default 604800
  // A node that has not heard from the log for longer refuses the zone; 0, the default: never.
  std::optional<std::uint32_t> expire_seconds{};
  friend bool operator==(const PutZoneSettings&, const PutZoneSettings&) = default;
};
// A large import: Begin opens a zone under construction beside the live one (an older unfinished
// one is dropped), the ZoneEdits marked `construction` fill it, Commit makes it the live zone at
// once. Until Commit nothing of it is served.
struct BeginConstruction {
  friend bool operator==(const BeginConstruction&, const BeginConstruction&) = default;
};
struct CommitConstruction {
  std::uint64_t rrsets;  // how many it must hold by now: a missing part is noticed
  friend bool operator==(const CommitConstruction&, const CommitConstruction&) = default;
};
using ZoneEdit = std::variant<CreateZone, DeleteZone, PutRrset, DeleteRrset, PutZoneSettings,
                              BeginConstruction, CommitConstruction>;

struct ZoneEdits {
  dns::Name zone;
  Expect expect;
  bool construction = false;  // edits go to the zone under construction
  std::optional<base::U128> zone_hash_after{};
  std::vector<ZoneEdit> edits{};

  friend bool operator==(const ZoneEdits&, const ZoneEdits&) = default;
};

// What the secrets of DNS cookies are made of, together with a key that no log holds (ADR 0008).
// By itself it is no secret.
constexpr std::size_t cookie_salts_max = 3;
using CookieSalt = std::array<std::uint8_t, 16>;

// All salts: the first signs, all verify. One step of a roll-over from `expected`, which must be
// what is there: add at the end, the second to the front, drop the last.
struct PutCookieSalts {  // min_reader 2
  std::vector<CookieSalt> expected{};
  std::vector<CookieSalt> salts{};
  friend bool operator==(const PutCookieSalts&, const PutCookieSalts&) = default;
};

// Where a change that was made elsewhere came from, when the past of another system was imported.
// For people: no fold looks at it.
struct Origin {
  std::string system;         // "git", "axfr", "zonefile"
  std::string id;             // the commit, the server and serial
  std::uint64_t time_ms = 0;  // when it was made there; 0: not known
  friend bool operator==(const Origin&, const Origin&) = default;
};

// This log goes on where another one ended (docs/adr, 17): the edits before it, in this log, built
// what the other one had made at `seq`. Judged by the state hash, so it never changes an answer;
// after it versions count on from `seq`, and every zone is of the new version: conditions on a zone
// that were read before are no longer met by chance.
struct Succession {  // min_reader 3; alone in its ChangeSet
  struct Place {     // of the ended log
    std::int64_t offset;
    std::array<std::uint8_t, 32> chain;
    friend bool operator==(const Place&, const Place&) = default;
  };
  std::uint64_t seq = 0;
  base::U128 state_hash{};
  // The newest first: that of `seq`. By them a node knows its own history. No fold looks at them.
  std::vector<Place> places{};
  friend bool operator==(const Succession&, const Succession&) = default;
};

struct ChangeSet {
  std::uint16_t min_reader = 1;  // at least min_reader_of() it
  std::uint16_t fold_version = 1;
  ChangeId change_id;
  std::string author;  // who wanted it: a person or a program
  AuthorEpoch author_epoch;
  std::string reason{};
  std::uint64_t created_ms = 0;  // the author's clock, for people only
  RolloutClass rollout = RolloutClass::Standard;
  std::optional<std::uint64_t> acknowledged_removals{};  // exact count of RRsets that go away
  std::vector<ZoneEdits> zones{};                        // a zone occurs at most once
  std::vector<PoolEdit> pools{};  // puts are judged before the zones, deletions after them
  std::optional<PutCookieSalts> cookie_salts{};
  std::optional<Origin> origin{};
  std::optional<Succession> succession{};

  friend bool operator==(const ChangeSet&, const ChangeSet&) = default;
};

// The oldest reader that understands all that `change` says.
std::uint16_t min_reader_of(const ChangeSet& change) noexcept;

}  // namespace tidemark::event
