// A strict reader of the programs' YAML settings files.
//
// A program lists the keys that it knows; anything else is an error that names the nearest known
// key, with FILE:LINE:COLUMN in front. So is a key written twice, a value of another kind, a key
// without a value. An empty list is an empty list: it never means "all".
//
//   const std::vector<ConfigKey> known{{"log"}, {"workers", ConfigKey::Kind::Number},
//                                      {"tls.ca"}, {"listen", ConfigKey::Kind::Texts}};
//   TIDEMARK_TRY(const ConfigFile config, ConfigFile::read(path, known));
//   const std::string log = config.text("log").value_or("sqlite:tidemark.log");
//
// A name with a dot lies in a mapping: `tls: {ca: FILE}`.
//
// Requires  Only keys that were listed are asked for, each by its kind.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace tidemark::topics {

struct ConfigKey {
  enum class Kind : std::uint8_t {
    Text,
    Number,  // a whole number
    Flag,    // true or false
    Texts,   // a list of texts; one text alone is a list of one
    Map,     // a mapping of texts to texts, its keys free
    Tables,  // a list of mappings of texts to texts, whose keys are `columns`
  };
  std::string name;
  Kind kind = Kind::Text;
  std::vector<std::string> columns{};
};

class ConfigFile {
 public:
  using Map = std::map<std::string, std::string>;

  static base::Result<ConfigFile> read(const std::string& path,
                                       const std::vector<ConfigKey>& known);
  // `place` stands for the file's name in errors.
  static base::Result<ConfigFile> parse(std::string_view yaml, std::string_view place,
                                        const std::vector<ConfigKey>& known);

  bool has(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name) const;
  std::optional<bool> flag(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  Map map(std::string_view name) const;
  std::vector<Map> tables(std::string_view name) const;
  // "FILE:LINE:COLUMN: listen", for what the caller finds wrong in a value; the file if it is
  // absent.
  std::string place(std::string_view name) const;

 private:
  friend class ConfigReader;
  struct Value {
    ConfigKey::Kind kind;
    bool present = false;
    std::string place;
    std::vector<std::string> texts;  // Text, Number, Flag: one
    std::int64_t number = 0;
    std::vector<Map> maps;  // Map: one
  };
  const Value& value(std::string_view name, ConfigKey::Kind kind) const;
  std::string file_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace tidemark::topics
