#include "topics/datasets.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "topics/kafka_handle.hpp"
#include "topics/sqlite_schema.hpp"

namespace tidemark::topics {
namespace {

constexpr std::string_view changes = ".changes";
constexpr std::chrono::seconds brokers_answer_within{10};

base::Result<std::vector<std::string>> topics_of_file(const std::string& path) {
  TIDEMARK_TRY(auto file, open_sqlite_log(path));
  TIDEMARK_TRY(auto rows, file.prepare("SELECT name FROM topic"));
  std::vector<std::string> names;
  while (true) {
    TIDEMARK_TRY(const bool found, rows.step());
    if (!found) return names;
    names.push_back(rows.text(0));
  }
}

base::Result<std::vector<std::string>> topics_of_cluster(const LogSettings& settings) {
  TIDEMARK_TRY(const auto handle, KafkaHandle::open(settings, KafkaSide::Consumer));
  return handle->topic_names(brokers_answer_within);
}

}  // namespace

base::Result<std::vector<std::string>> datasets_of(const LogSettings& settings) {
  TIDEMARK_TRY(std::vector<std::string> names, settings.kind == LogSettings::Kind::Sqlite
                                                   ? topics_of_file(settings.path)
                                                   : topics_of_cluster(settings));
  std::erase_if(names, [](const std::string& name) {
    return !name.ends_with(changes) || name.size() == changes.size();
  });
  for (std::string& name : names) name.resize(name.size() - changes.size());
  std::ranges::sort(names);
  return names;
}

}  // namespace tidemark::topics
