#include "topics/config_file.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "core/base/check.hpp"
#include "topics/suggestion.hpp"
#include "topics/yaml_text.hpp"

namespace tidemark::topics {
namespace {

const char* kind_text(ConfigKey::Kind kind) {
  switch (kind) {
    case ConfigKey::Kind::Text:   return "a text";
    case ConfigKey::Kind::Number: return "a whole number";
    case ConfigKey::Kind::Flag:   return "true or false";
    case ConfigKey::Kind::Texts:  return "a list of texts";
    case ConfigKey::Kind::Map:    return "a mapping of texts";
    case ConfigKey::Kind::Tables: return "a list of mappings";
  }
  std::unreachable();
}

std::string mark_text(const YAML::Mark& mark) {
  return std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

class DocumentStarts final : public YAML::EventHandler {
 public:
  std::vector<YAML::Mark> marks;

  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Where a second document begins. Not by YAML::LoadAll(): of a text such as ",a" yaml-cpp makes
// empty documents without end, until no memory is left.
std::optional<YAML::Mark> second_document(const std::string& yaml) {
  std::istringstream in(yaml);
  YAML::Parser parser(in);
  DocumentStarts starts;
  while (starts.marks.size() < 2 && parser.HandleNextDocument(starts)) {
  }
  if (starts.marks.size() < 2) return std::nullopt;
  return starts.marks[1];
}

}  // namespace

// Walks one document; yaml-cpp stays in this file.
class ConfigReader {
 public:
  ConfigReader(std::string_view place, const std::vector<ConfigKey>& known) : known_(known) {
    config_.file_ = place;
    for (const ConfigKey& key : known) config_.values_[key.name].kind = key.kind;
  }

  base::Result<ConfigFile> read(std::string_view yaml) {
    try {
      const std::string text(yaml);
      if (const auto second = second_document(text)) return wrong(*second, "a second document");
      if (const YAML::Node document = YAML::Load(text); !document.IsNull()) {
        TIDEMARK_TRY_VOID(read_mapping(document, ""));
      }
    } catch (const YAML::Exception& broken) {
      return wrong(broken.mark, broken.msg);
    }
    return std::move(config_);
  }

 private:
  std::string at(const YAML::Mark& mark) const { return config_.file_ + ":" + mark_text(mark); }
  std::unexpected<base::Error> wrong(const YAML::Mark& mark, const std::string& what) const {
    return base::fail(base::Errc::Invalid, at(mark) + ": " + what);
  }

  base::Result<void> read_mapping(const YAML::Node& node, const std::string& prefix) {
    if (!node.IsMap()) return wrong(node.Mark(), "not a mapping of keys to values");
    std::set<std::string> seen;
    for (const auto& key_entry : node) {
      const YAML::Node& key = key_entry.first;
      const YAML::Node& value = key_entry.second;
      if (!key.IsScalar()) return wrong(key.Mark(), "a key that is not a text");
      const std::string name = prefix + key.Scalar();
      if (!seen.insert(name).second) return wrong(key.Mark(), name + ": written twice");
      const auto known = std::ranges::find(known_, name, &ConfigKey::name);
      if (known != known_.end()) {
        TIDEMARK_TRY_VOID(read_value(*known, key.Mark(), value));
      } else if (is_prefix(name + ".")) {
        TIDEMARK_TRY_VOID(read_mapping(value, name + "."));
      } else {
        return wrong(key.Mark(), name + ": unknown key" + suggestion(name, names()));
      }
    }
    return {};
  }

  bool is_prefix(const std::string& prefix) const {
    return std::ranges::any_of(
        known_, [&](const ConfigKey& each) { return each.name.starts_with(prefix); });
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const ConfigKey& each : known_) all.push_back(each.name);
    return all;
  }

  base::Result<void> read_value(const ConfigKey& key, const YAML::Mark& mark,
                                const YAML::Node& node) {
    ConfigFile::Value& value = config_.values_[key.name];
    value.present = true;
    value.place = at(mark) + ": " + key.name;
    const auto expected = [&] {
      return wrong(node.IsNull() ? mark : node.Mark(), key.name + ": not " + kind_text(key.kind));
    };
    switch (key.kind) {
      case ConfigKey::Kind::Texts:
        if (node.IsSequence()) {
          for (const YAML::Node& each : node) {
            if (!each.IsScalar()) return expected();
            value.texts.push_back(each.Scalar());
          }
          return {};
        }
        [[fallthrough]];
      case ConfigKey::Kind::Text:
      case ConfigKey::Kind::Number:
      case ConfigKey::Kind::Flag:
        if (!node.IsScalar()) return expected();
        value.texts = {node.Scalar()};
        if (!fits(key.kind, value)) return expected();
        return {};
      case ConfigKey::Kind::Map: {
        value.maps.emplace_back();
        return node.IsMap() ? read_texts(key, node, value.maps.back()) : expected();
      }
      case ConfigKey::Kind::Tables:
        if (!node.IsSequence()) return expected();
        for (const YAML::Node& each : node) {
          if (!each.IsMap()) return expected();
          value.maps.emplace_back();
          TIDEMARK_TRY_VOID(read_texts(key, each, value.maps.back()));
        }
        return {};
    }
    std::unreachable();
  }

  base::Result<void> read_texts(const ConfigKey& key, const YAML::Node& node,
                                ConfigFile::Map& texts) {
    for (const auto& name_entry : node) {
      const YAML::Node& name = name_entry.first;
      const YAML::Node& value = name_entry.second;
      if (!name.IsScalar() || !value.IsScalar()) {
        return wrong(name.Mark(), key.name + ": neither a list nor a mapping may be in here");
      }
      if (!key.columns.empty() &&
          std::ranges::find(key.columns, name.Scalar()) == key.columns.end()) {
        return wrong(name.Mark(), key.name + "." + name.Scalar() + ": unknown key" +
                                      suggestion(name.Scalar(), key.columns));
      }
      if (!texts.emplace(name.Scalar(), value.Scalar()).second) {
        return wrong(name.Mark(), key.name + "." + name.Scalar() + ": written twice");
      }
    }
    return {};
  }

  static bool fits(ConfigKey::Kind kind, ConfigFile::Value& value) {
    const std::string& text = value.texts[0];
    if (kind == ConfigKey::Kind::Flag) return text == "true" || text == "false";
    if (kind != ConfigKey::Kind::Number) return true;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value.number);
    return error == std::errc() && end == text.data() + text.size();
  }

  const std::vector<ConfigKey>& known_;
  ConfigFile config_;
};

base::Result<std::string> read_yaml_file(const std::string& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    if (stream && stream.peek() == std::ifstream::traits_type::eof()) return std::string();
    return base::fail(base::Errc::NotFound, path + ": cannot be read");
  }
  return text.str();
}

base::Result<ConfigFile> ConfigFile::read(const std::string& path,
                                          const std::vector<ConfigKey>& known) {
  TIDEMARK_TRY(const std::string yaml, read_yaml_file(path));
  return parse(yaml, path, known);
}

base::Result<ConfigFile> ConfigFile::parse(std::string_view yaml, std::string_view place,
                                           const std::vector<ConfigKey>& known) {
  return ConfigReader(place, known).read(yaml);
}

const ConfigFile::Value& ConfigFile::value(std::string_view name, ConfigKey::Kind kind) const {
  const auto found = values_.find(name);
  TIDEMARK_CHECK(found != values_.end() && found->second.kind == kind,
                 "a program asks for the keys that it listed, by their kind");
  return found->second;
}

bool ConfigFile::has(std::string_view name) const {
  const auto found = values_.find(name);
  TIDEMARK_CHECK(found != values_.end(), "a program asks for the keys that it listed");
  return found->second.present;
}
std::optional<std::string> ConfigFile::text(std::string_view name) const {
  const Value& found = value(name, ConfigKey::Kind::Text);
  return found.present ? std::optional(found.texts[0]) : std::nullopt;
}
std::optional<std::int64_t> ConfigFile::number(std::string_view name) const {
  const Value& found = value(name, ConfigKey::Kind::Number);
  return found.present ? std::optional(found.number) : std::nullopt;
}
std::optional<bool> ConfigFile::flag(std::string_view name) const {
  const Value& found = value(name, ConfigKey::Kind::Flag);
  return found.present ? std::optional(found.texts[0] == "true") : std::nullopt;
}
std::vector<std::string> ConfigFile::texts(std::string_view name) const {
  return value(name, ConfigKey::Kind::Texts).texts;
}
ConfigFile::Map ConfigFile::map(std::string_view name) const {
  const Value& found = value(name, ConfigKey::Kind::Map);
  return found.present ? found.maps[0] : Map{};
}
std::vector<ConfigFile::Map> ConfigFile::tables(std::string_view name) const {
  return value(name, ConfigKey::Kind::Tables).maps;
}
std::string ConfigFile::place(std::string_view name) const {
  const auto found = values_.find(name);
  const bool known = found != values_.end() && found->second.present;
  return known ? found->second.place : file_ + ": " + std::string(name);
}

}  // namespace tidemark::topics
