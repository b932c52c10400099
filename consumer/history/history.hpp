// History: what people ask of the past. Reads the index that HistoryWriter keeps.
//
// Every answer is of one state of the index: position() tells up to where. Seqs are versions of the
// Dataset; a seq before position().first_seq or above position().seq is not known (OutOfRange).
//
// SOA serials belong to the fold, so an RRset is shown with the serial that it had then, and a
// change that moved nothing but the serial is no difference.
//
// Threads  One; it owns its connection. A writer elsewhere does not disturb it (WAL).
// Errors   NotFound: a zone that is not known, a file that is not there. OutOfRange. The file's.
// Cost     By index: a name's history or state is O(log n + rows shown). zone_at and blame: the
//          keys that the zone ever had. changes() with a text filter reads what the other filters
//          leave. diff: near versions: the keys that changed between; far ones: the keys of the
//          zones that the page is of. Only `limit` of them are ordered and read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/history/history_file.hpp"
#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::consumer {

struct PastChange {
  std::int64_t offset;
  std::optional<std::uint64_t> seq;  // none: rejected
  event::ChangeId change_id;
  std::int64_t appended_ms;
  std::string author, reason;
  std::uint64_t edits;
  std::string rule, message;              // rejected: why
  std::vector<std::string> zones, pools;  // that it names
  std::vector<std::string> lines;         // what it wanted, as its writer put it into words
  std::optional<event::Origin> origin{};  // imported: from where; its time is when it was made
  friend bool operator==(const PastChange&, const PastChange&) = default;
};

// By whose clock a time is meant. They differ for changes that were imported: made long ago, they
// were appended when they came.
enum class TimeBy : std::uint8_t { Origin, Log };

struct ChangeQuery {  // all that is set must hold
  std::optional<dns::Name> zone{};
  std::optional<dns::Name> name{};
  std::optional<dns::RrType> type{};
  std::optional<std::string> author{};
  std::optional<std::string> text{};                   // part of the reason, letter case ignored
  std::optional<std::int64_t> since_ms{}, until_ms{};  // by the clock that `by` names
  TimeBy by = TimeBy::Origin;
  std::optional<std::int64_t> before_offset{};  // for the next page
  std::optional<std::int64_t> since_offset{};   // newer than this
  bool rejected_too = true;                     // never with a name: those changed nothing
  std::size_t limit = 100;
};

struct Difference {  // of one RRset between two versions
  dns::Name zone;
  std::optional<dns::Rrset> before, after;
  friend bool operator==(const Difference&, const Difference&) = default;
};

struct RrsetPlace {  // one RRset among all, in canonical order of zones and owners
  dns::Name zone, owner;
  dns::RrType type;
  friend auto operator<=>(const RrsetPlace&, const RrsetPlace&) = default;
};

struct DiffQuery {
  std::uint64_t from, to;
  std::optional<dns::Name> zone{}, name{};
  std::optional<dns::RrType> type{};
  std::optional<RrsetPlace> after{};  // for the next page
  std::size_t limit = 100;
};

struct BlameLine {
  dns::Rrset rrset;
  PastChange change;  // that made it so
};

struct PastZone {
  dns::Serial serial;
  std::vector<dns::Rrset> rrsets;  // SOA first, then canonical order of owners, by type
};

class History {
 public:
  static base::Result<History> open(const std::string& path);

  [[nodiscard]] base::Result<HistoryPosition> position();

  // Newest first.
  [[nodiscard]] base::Result<std::vector<PastChange>> changes(const ChangeQuery& query);
  [[nodiscard]] base::Result<std::optional<PastChange>> find(event::ChangeId id);
  [[nodiscard]] base::Result<std::optional<PastChange>> change_of(std::uint64_t seq);
  // The last version whose change was appended at or before `ms`; 0 if there was none.
  [[nodiscard]] base::Result<std::uint64_t> seq_at(std::int64_t ms);
  // The version of the last change of `zone`, in log order, that was made at or before `ms`, by the
  // time that an import told of it; 0 if there was none.
  // Cost  linear in the changes of the zone since then, of which only an index is read.
  [[nodiscard]] base::Result<std::uint64_t> seq_at(std::int64_t ms, dns::NameView zone);

  [[nodiscard]] base::Result<std::vector<dns::Name>> zones_at(std::uint64_t seq);
  [[nodiscard]] base::Result<PastZone> zone_at(dns::NameView zone, std::uint64_t seq);
  // All RRsets that `owner` had in the deepest zone that held the name; all types if none is given.
  [[nodiscard]] base::Result<std::vector<dns::Rrset>> rrsets_at(dns::NameView owner,
                                                                std::optional<dns::RrType> type,
                                                                std::uint64_t seq);
  [[nodiscard]] base::Result<std::vector<BlameLine>> blame(dns::NameView zone);
  // In canonical order of zones and owners; at most `limit` of them.
  [[nodiscard]] base::Result<std::vector<Difference>> diff(std::uint64_t from, std::uint64_t to,
                                                           const std::optional<dns::Name>& zone,
                                                           std::size_t limit) {
    return diff(DiffQuery{.from = from, .to = to, .zone = zone, .limit = limit});
  }
  [[nodiscard]] base::Result<std::vector<Difference>> diff(const DiffQuery& query);
  // The accepted changes behind `from` up to `to` that touch `zone`, oldest first.
  [[nodiscard]] base::Result<std::vector<std::uint64_t>> versions_of(dns::NameView zone,
                                                                     std::uint64_t from,
                                                                     std::uint64_t to);
  [[nodiscard]] base::Result<std::optional<dns::Name>> zone_holding(dns::NameView owner,
                                                                    std::uint64_t seq);
  [[nodiscard]] base::Result<void> check_known(std::uint64_t seq);
  // Pools and overrides that there were, as edits that make them.
  [[nodiscard]] base::Result<std::vector<event::PoolEdit>> pools_at(std::uint64_t seq);

 private:
  using Serials = std::map<std::pair<std::int64_t, std::uint64_t>, std::optional<dns::Serial>>;
  explicit History(topics::SqliteFile file) : file_(std::move(file)) {}
  struct Key;
  base::Result<std::optional<std::int64_t>> zone_number(dns::NameView zone);
  base::Result<std::optional<dns::Serial>> serial_at(std::int64_t zone, std::uint64_t seq);
  base::Result<std::vector<Key>> keys_changed(const DiffQuery& query);
  base::Result<topics::SqliteStatement*> select_changed(const DiffQuery& query);
  base::Result<std::vector<Difference>> diff_of_keys(const DiffQuery& query);
  base::Result<std::vector<Difference>> diff_by_zones(const DiffQuery& query);
  base::Result<dns::Name> zone_name(std::int64_t number);
  base::Result<std::optional<dns::Rrset>> value_at(const Key& key, std::uint64_t seq,
                                                   Serials& serials);
  base::Result<topics::SqliteStatement*> prepared(std::string_view sql);  // kept: a constant text

  topics::SqliteFile file_;
  std::map<std::string, topics::SqliteStatement, std::less<>> statements_;
};

}  // namespace tidemark::consumer
