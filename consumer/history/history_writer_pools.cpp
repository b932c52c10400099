// The part of HistoryWriter that writes pools and overrides.
#include <algorithm>
#include <utility>
#include <vector>

#include "consumer/history/history_writer.hpp"
#include "schemas/codec.hpp"

namespace tidemark::consumer {

namespace {

using base::ByteView;
using base::Result;

base::Bytes encode_alone(event::PoolEdit edit) {
  event::ChangeSet alone{
      .change_id = event::ChangeId({}), .author = {}, .author_epoch = event::AuthorEpoch(0)};
  alone.pools.push_back(std::move(edit));
  return schemas::encode(alone);
}

}  // namespace

Result<void> HistoryWriter::apply(const event::PoolEdit& edit, std::int64_t seq) {
  if (const auto* put_pool = std::get_if<event::PutPool>(&edit)) {
    TIDEMARK_TRY_VOID(put_entry("pool/" + put_pool->pool.name, encode_alone(edit), seq));
    return drop_overrides_of_missing_endpoints(put_pool->pool, seq);
  }
  if (const auto* gone = std::get_if<event::DeletePool>(&edit)) return remove_pool(gone->pool, seq);
  if (const auto* set = std::get_if<event::PutOverride>(&edit)) {
    const event::Override& value = set->override_;
    return put_entry("override/" + value.pool + "/" + value.endpoint, encode_alone(edit), seq);
  }
  const auto& cleared = std::get<event::DeleteOverride>(edit);
  return remove_entry("override/" + cleared.pool + "/" + cleared.endpoint, seq);
}

Result<void> HistoryWriter::put_entry(const std::string& name, ByteView value, std::int64_t seq) {
  TIDEMARK_TRY(auto* const insert, prepared("INSERT OR REPLACE INTO entries VALUES(?1, ?2, ?3)"));
  insert->bind(1, std::string_view(name));
  insert->bind(2, seq);
  insert->bind(3, value);
  return insert->run();
}

Result<void> HistoryWriter::remove_entry(const std::string& name, std::int64_t seq) {
  TIDEMARK_TRY(auto* const insert, prepared("INSERT OR REPLACE INTO entries VALUES(?1, ?2, NULL)"));
  insert->bind(1, std::string_view(name));
  insert->bind(2, seq);
  return insert->run();
}

// The overrides of its endpoints go with it.
Result<void> HistoryWriter::remove_pool(const std::string& pool, std::int64_t seq) {
  TIDEMARK_TRY_VOID(remove_entry("pool/" + pool, seq));
  TIDEMARK_TRY(auto* const overrides,
               prepared("INSERT OR REPLACE INTO entries SELECT DISTINCT name, ?2, NULL FROM "
                        "entries WHERE name >= ?1 || '/' AND name < ?1 || '0'"));
  const std::string prefix = "override/" + pool;
  overrides->bind(1, std::string_view(prefix));
  overrides->bind(2, seq);
  return overrides->run();
}

// As the Dataset does when a pool is put again.
Result<void> HistoryWriter::drop_overrides_of_missing_endpoints(const event::Pool& pool,
                                                                std::int64_t seq) {
  const std::string prefix = "override/" + pool.name;
  TIDEMARK_TRY(auto* const select, prepared("SELECT DISTINCT name FROM entries WHERE name >= ?1 || "
                                            "'/' AND name < ?1 || '0'"));
  select->bind(1, std::string_view(prefix));
  std::vector<std::string> gone;
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    const std::string name = select->text(0);
    const std::string endpoint = name.substr(prefix.size() + 1);
    if (std::ranges::none_of(pool.endpoints,
                             [&](const event::Endpoint& one) { return one.id == endpoint; })) {
      gone.push_back(name);
    }
  }
  select->reset();
  for (const std::string& name : gone) TIDEMARK_TRY_VOID(remove_entry(name, seq));
  return {};
}

}  // namespace tidemark::consumer
