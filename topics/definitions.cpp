#include "topics/definitions.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include <yaml-cpp/yaml.h>

#include "topics/suggestion.hpp"
#include "topics/yaml_text.hpp"

namespace tidemark::topics {
namespace {

const std::vector<std::string>& topic_keys() {
  static const std::vector<std::string> keys{
      "cleanup",     "retention",           "segment",
      "replication", "min_insync_replicas", "max_message_octets"};
  return keys;
}

class DefinitionsReader {
 public:
  DefinitionsReader(std::string_view place, std::string_view dataset)
      : place_(place), dataset_(dataset) {}

  base::Result<std::vector<log::TopicSettings>> read(std::string_view yaml) {
    try {
      const YAML::Node root = YAML::Load(std::string(yaml));
      if (!root.IsMap()) return wrong(root, "not a mapping with the key topics");
      for (const auto& key_entry : root) {
        const YAML::Node& key = key_entry.first;
        const YAML::Node& value = key_entry.second;
        if (key.Scalar() != "topics") {
          return wrong(key, key.Scalar() + ": unknown key" + suggestion(key.Scalar(), {"topics"}));
        }
        if (!value.IsMap()) return wrong(value, "topics: not a mapping of topics");
        for (const auto& name_entry : value) {
          const YAML::Node& name = name_entry.first;
          const YAML::Node& settings = name_entry.second;
          TIDEMARK_TRY(log::TopicSettings topic, read_topic(name, settings));
          topics_.push_back(std::move(topic));
        }
      }
      if (topics_.empty()) return wrong(root, "topics: none is defined");
    } catch (const YAML::Exception& broken) {
      return base::fail(base::Errc::Invalid, place_ + ":" + std::to_string(broken.mark.line + 1) +
                                                 ":" + std::to_string(broken.mark.column + 1) +
                                                 ": " + broken.msg);
    }
    return std::move(topics_);
  }

 private:
  std::unexpected<base::Error> wrong(const YAML::Node& at, const std::string& what) const {
    return base::fail(base::Errc::Invalid, place_ + ":" + std::to_string(at.Mark().line + 1) + ":" +
                                               std::to_string(at.Mark().column + 1) + ": " + what);
  }

  base::Result<log::TopicSettings> read_topic(const YAML::Node& name, const YAML::Node& settings) {
    log::TopicSettings topic;
    topic.name = name.Scalar();
    constexpr std::string_view variable = "<dataset>";
    const std::size_t at = topic.name.find(variable);
    if (at == std::string::npos) return wrong(name, topic.name + ": does not name <dataset>");
    topic.name.replace(at, variable.size(), dataset_);
    if (!seen_.insert(topic.name).second) return wrong(name, topic.name + ": defined twice");
    if (!settings.IsMap()) return wrong(name, topic.name + ": no settings");
    std::set<std::string> keys;
    for (const auto& key_entry : settings) {
      const YAML::Node& key = key_entry.first;
      const YAML::Node& value = key_entry.second;
      const std::string text = key.Scalar();
      if (!keys.insert(text).second)
        return wrong(key, topic.name + ": " + text + ": written twice");
      if (!value.IsScalar()) return wrong(key, topic.name + ": " + text + ": not a single value");
      if (auto read = read_setting(topic, text, value.Scalar()); !read) {
        const bool unknown = read.error().code == base::Errc::NotFound;
        return wrong(unknown ? key : value,
                     topic.name + ": " + text + ": " + std::move(read).error().trail);
      }
    }
    if (!keys.contains("cleanup")) return wrong(name, topic.name + ": cleanup: missing");
    if (topic.name == dataset_ + ".changes" && topic.cleanup != log::Cleanup::Delete) {
      return wrong(name, topic.name + ": cleanup: must be delete: history is never compacted");
    }
    if (topic.min_insync_replicas > topic.replication) {
      return wrong(name, topic.name + ": min_insync_replicas: more than replication");
    }
    return topic;
  }

  static base::Result<void> read_setting(log::TopicSettings& topic, const std::string& key,
                                         const std::string& text) {
    if (key == "cleanup") return read_cleanup(topic.cleanup, text);
    if (key == "retention" || key == "segment") {
      TIDEMARK_TRY(const std::int64_t duration, parse_duration_ms(text));
      if (key == "segment" && duration < 1) return base::fail(base::Errc::Invalid, "not positive");
      (key == "retention" ? topic.retention_ms : topic.segment_ms) = duration;
      return {};
    }
    if (key == "replication") return read_number(topic.replication, text, 1, 9);
    if (key == "min_insync_replicas") return read_number(topic.min_insync_replicas, text, 1, 9);
    if (key == "max_message_octets") {
      return read_number(topic.max_message_octets, text, 1'048'588, 64 * 1'048'576);
    }
    return base::fail(base::Errc::NotFound, "unknown key" + suggestion(key, topic_keys()));
  }

  static base::Result<void> read_cleanup(log::Cleanup& cleanup, const std::string& text) {
    for (const log::Cleanup each :
         {log::Cleanup::Delete, log::Cleanup::Compact, log::Cleanup::CompactDelete}) {
      if (text != to_text(each)) continue;
      cleanup = each;
      return {};
    }
    return base::fail(base::Errc::Invalid,
                      "\"" + text + "\": not one of delete, compact, compact,delete");
  }

  static base::Result<void> read_number(std::int32_t& number, const std::string& text,
                                        std::int32_t low, std::int32_t high) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < low || number > high) {
      return base::fail(base::Errc::Invalid, "\"" + text + "\": not a number from " +
                                                 std::to_string(low) + " to " +
                                                 std::to_string(high));
    }
    return {};
  }

  const std::string place_;
  const std::string dataset_;
  std::set<std::string> seen_;
  std::vector<log::TopicSettings> topics_;
};

}  // namespace

base::Result<std::int64_t> parse_duration_ms(std::string_view text) {
  if (text == "forever") return -1;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  for (const auto& [name, milliseconds] : units) {
    if (error == std::errc() && unit == name && number >= 0 &&
        number <= std::numeric_limits<std::int64_t>::max() / milliseconds) {
      return number * milliseconds;
    }
  }
  return base::fail(base::Errc::Invalid, "\"" + std::string(text) +
                                             "\": not a duration as 30d, 6h, 90s, 500ms, forever");
}

base::Result<void> check_dataset_name(std::string_view dataset) {
  const bool sound =
      !dataset.empty() && dataset.size() <= 64 && std::ranges::all_of(dataset, [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-';
      });
  if (sound) return {};
  return base::fail(base::Errc::Invalid,
                    "dataset \"" + std::string(dataset) +
                        "\": a name is 1 to 64 of a-z, 0-9 and -; no _ and no dot");
}

base::Result<std::vector<log::TopicSettings>> parse_definitions(std::string_view yaml,
                                                                std::string_view place,
                                                                std::string_view dataset,
                                                                TopicOverrides overrides) {
  TIDEMARK_TRY_VOID(check_dataset_name(dataset));
  TIDEMARK_TRY(auto topics, DefinitionsReader(place, dataset).read(yaml));
  if (overrides.replication) {
    for (log::TopicSettings& topic : topics) {
      topic.replication = *overrides.replication;
      topic.min_insync_replicas =
          std::min(topic.min_insync_replicas, std::max(1, topic.replication - 1));
    }
  }
  return topics;
}

base::Result<std::vector<log::TopicSettings>> read_definitions(const std::string& path,
                                                               std::string_view dataset,
                                                               TopicOverrides overrides) {
  TIDEMARK_TRY(const std::string yaml, read_yaml_file(path));
  return parse_definitions(yaml, path, dataset, overrides);
}

base::Result<std::vector<log::TopicSettings>> default_topics(std::string_view dataset,
                                                             TopicOverrides overrides) {
  return parse_definitions(default_definitions(), "topics/definitions.yaml", dataset, overrides);
}

}  // namespace tidemark::topics
