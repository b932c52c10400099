#include "topics/sqlite_log.hpp"

#include <utility>

#include "topics/sqlite_schema.hpp"
#include "topics/sqlite_sink.hpp"
#include "topics/sqlite_source.hpp"

namespace tidemark::topics {

base::Result<std::unique_ptr<SqliteLog>> SqliteLog::open(const std::string& path,
                                                         MachineClock clock) {
  auto file = open_sqlite_log(path);
  if (!file && file.error().code != base::Errc::NotFound) {
    return std::unexpected(std::move(file).error());
  }
  return std::unique_ptr<SqliteLog>(new SqliteLog(path, std::move(clock)));
}

std::string SqliteLog::identity() const {
  const std::lock_guard held(lock_);
  if (identity_.empty()) {
    if (auto file = open_sqlite_log(path_)) {
      if (const auto id = sqlite_log_identity(*file)) identity_ = "sqlite:" + *id;
    }
  }
  return identity_;
}

base::Result<std::unique_ptr<log::Source>> SqliteLog::source(std::string_view topic) {
  return open_sqlite_source(path_, topic);
}

base::Result<std::unique_ptr<log::Sink>> SqliteLog::sink(std::string_view topic) {
  return open_sqlite_sink(path_, topic, clock_);
}

base::Result<std::vector<log::Difference>> SqliteLog::check(
    const std::vector<log::TopicSettings>& wanted) {
  std::vector<log::Difference> differences;
  auto file = open_sqlite_log(path_);
  if (!file && file.error().code != base::Errc::NotFound) {
    return std::unexpected(std::move(file).error());
  }
  for (const log::TopicSettings& want : wanted) {
    if (!file) {
      differences.push_back({want.name, "exists", "yes", "no", true});
      continue;
    }
    TIDEMARK_TRY(SqliteStatement row, prepare_topic_row(*file, want.name));
    const auto found = read_topic_row(row, want.name);
    if (!found && found.error().code != base::Errc::NotFound) {
      return std::unexpected(found.error());
    }
    if (!found) {
      differences.push_back({want.name, "exists", "yes", "no", true});
      continue;
    }
    if (found->cleanup != want.cleanup) {
      differences.push_back(
          {want.name, "cleanup.policy", to_text(want.cleanup), to_text(found->cleanup), true});
    }
    if (found->retention_ms != want.retention_ms) {
      differences.push_back({want.name, "retention.ms", std::to_string(want.retention_ms),
                             std::to_string(found->retention_ms), false});
    }
  }
  return differences;
}

base::Result<void> SqliteLog::create(const std::vector<log::TopicSettings>& wanted) {
  TIDEMARK_TRY(SqliteFile file, create_sqlite_log(path_));
  for (const log::TopicSettings& settings : wanted) {
    if (auto made = create_sqlite_topic(file, settings); !made) {
      return std::unexpected(std::move(made).error().at("topic " + settings.name));
    }
  }
  return {};
}

base::Result<void> SqliteLog::tidy(std::string_view topic) {
  TIDEMARK_TRY(SqliteFile file, open_sqlite_log(path_));
  return tidy_sqlite_topic(file, topic);
}

}  // namespace tidemark::topics
