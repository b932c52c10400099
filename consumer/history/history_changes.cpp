// The part of History that lists changes.
#include <utility>

#include "consumer/history/history.hpp"
#include "consumer/history/rows.hpp"

namespace tidemark::consumer {

namespace {

using base::Result;
using topics::SqliteStatement;

Result<std::optional<PastChange>> read_one_change(SqliteStatement& select) {
  TIDEMARK_TRY(const bool there, select.step());
  std::optional<PastChange> change;
  if (there) {
    TIDEMARK_TRY(change, read_change(select, 0));
  }
  select.reset();
  return change;
}

// The WHERE of changes(), with its parameters.
class Conditions {
 public:
  explicit Conditions(const ChangeQuery& query) {
    if (query.name) {
      const auto type = query.type
                            ? " AND k.type=" + std::to_string(std::to_underlying(*query.type))
                            : std::string();
      add("c.seq IN (SELECT v.seq FROM versions v JOIN keys k ON k.id=v.key WHERE k.owner=",
          base::as_text(query.name->wire()), type + ")");
      if (query.zone) {
        add("EXISTS (SELECT 1 FROM touches t JOIN zones z ON z.id=t.zone WHERE t.offset=c.offset "
            "AND z.name=",
            base::as_text(query.zone->wire()), ")");
      }
    } else if (query.zone) {
      from_ = "zones z CROSS JOIN touches t CROSS JOIN changes c";
      order_ = "t.offset";
      add("t.zone=z.id AND c.offset=t.offset AND z.name=", base::as_text(query.zone->wire()), "");
      if (query.before_offset) {
        sql_ += " AND t.offset < " + std::to_string(*query.before_offset);
      }
    }
    if (query.author) add("c.author=CAST(", *query.author, " AS TEXT)");
    if (query.text) add("instr(lower(c.reason), lower(CAST(", *query.text, " AS TEXT))) > 0");
    const std::string time = query.by == TimeBy::Log ? " AND c.appended_ms" : " AND c.told_ms";
    if (query.since_ms) sql_ += time + " >= " + std::to_string(*query.since_ms);
    if (query.until_ms) sql_ += time + " <= " + std::to_string(*query.until_ms);
    if (query.before_offset) sql_ += " AND c.offset < " + std::to_string(*query.before_offset);
    if (query.since_offset) sql_ += " AND c.offset > " + std::to_string(*query.since_offset);
    if (!query.rejected_too) sql_ += " AND c.seq IS NOT NULL";
  }
  // By the table that restricts most, so that the newest come without sorting all.
  const std::string& from() const noexcept { return from_; }
  const std::string& order() const noexcept { return order_; }
  const std::string& sql() const noexcept { return sql_; }
  void bind(SqliteStatement& statement) const {
    for (std::size_t i = 0; i < octets_.size(); ++i) {
      statement.bind(static_cast<int>(i + 1), base::as_bytes(octets_[i]));
    }
  }

 private:
  void add(std::string_view before, std::string_view octets, const std::string& after) {
    octets_.emplace_back(octets);
    sql_ += " AND ";
    sql_ += before;
    sql_ += "?" + std::to_string(octets_.size()) + after;
  }
  std::string sql_ = "1", from_ = "changes c", order_ = "c.offset";
  std::vector<std::string> octets_;
};

}  // namespace

Result<std::vector<PastChange>> History::changes(const ChangeQuery& query) {
  const Conditions conditions(query);
  TIDEMARK_TRY(auto select,
               file_.prepare("SELECT " + std::string(change_columns) + " FROM " +
                             conditions.from() + " WHERE " + conditions.sql() + " ORDER BY " +
                             conditions.order() + " DESC LIMIT " + std::to_string(query.limit)));
  conditions.bind(select);
  std::vector<PastChange> found;
  for (;;) {
    TIDEMARK_TRY(const bool there, select.step());
    if (!there) return found;
    TIDEMARK_TRY(auto change, read_change(select, 0));
    found.push_back(std::move(change));
  }
}

Result<std::optional<PastChange>> History::find(event::ChangeId id) {
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT " + std::string(change_columns) +
                        " FROM changes c WHERE c.change_id=?1 ORDER BY c.offset LIMIT 1"));
  const auto octets = base::to_octets(id.value());
  select->bind(1, base::ByteView(octets));
  return read_one_change(*select);
}

Result<std::optional<PastChange>> History::change_of(std::uint64_t seq) {
  TIDEMARK_TRY(auto* const select, prepared("SELECT " + std::string(change_columns) +
                                            " FROM changes c WHERE c.seq=?1"));
  select->bind(1, static_cast<std::int64_t>(seq));
  return read_one_change(*select);
}

Result<std::uint64_t> History::seq_at(std::int64_t ms) {
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT seq FROM changes WHERE appended_ms <= ?1 AND seq IS NOT NULL ORDER "
                        "BY appended_ms DESC, offset DESC LIMIT 1"));
  select->bind(1, ms);
  TIDEMARK_TRY(const bool there, select->step());
  const auto seq = there ? static_cast<std::uint64_t>(select->number(0)) : 0;
  select->reset();
  return seq;
}

Result<std::uint64_t> History::seq_at(std::int64_t ms, dns::NameView zone) {
  TIDEMARK_TRY(const auto number, zone_number(zone));
  if (!number) return 0;
  TIDEMARK_TRY(
      auto* const select,
      prepared("SELECT seq FROM touches WHERE zone=?1 AND seq IS NOT NULL AND told_ms <= ?2 "
               "ORDER BY seq DESC LIMIT 1"));
  select->bind(1, *number);
  select->bind(2, ms);
  TIDEMARK_TRY(const bool there, select->step());
  const auto seq = there ? static_cast<std::uint64_t>(select->number(0)) : 0;
  select->reset();
  return seq;
}

}  // namespace tidemark::consumer
