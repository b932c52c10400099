// The input is a YAML file: of topics' definitions, and of a program's settings with keys of every
// kind (the edge's own among them).
#include <algorithm>

#include "core/base/check.hpp"
#include "topics/config_file.hpp"
#include "topics/definitions.hpp"

using namespace tidemark;

namespace {

using Kind = topics::ConfigKey::Kind;

const std::vector<topics::ConfigKey>& keys() {
  static const std::vector<topics::ConfigKey> known{{"log"},
                                                    {"dataset"},
                                                    {"state_dir"},
                                                    {"listen", Kind::Texts},
                                                    {"admin"},
                                                    {"node"},
                                                    {"ring"},
                                                    {"nsid"},
                                                    {"workers", Kind::Number},
                                                    {"verbose", Kind::Flag},
                                                    {"tls.ca"},
                                                    {"tls.certificate"},
                                                    {"kafka", Kind::Map},
                                                    {"tables", Kind::Tables, {"name", "url"}}};
  return known;
}

void ask_all(const topics::ConfigFile& config) {
  for (const topics::ConfigKey& key : keys()) {
    TIDEMARK_CHECK(!config.place(key.name).empty(), "a key has a place");
    switch (key.kind) {
      case Kind::Text:   config.text(key.name); break;
      case Kind::Number: config.number(key.name); break;
      case Kind::Flag:   config.flag(key.name); break;
      case Kind::Texts:  config.texts(key.name); break;
      case Kind::Map:    config.map(key.name); break;
      case Kind::Tables:
        for (const auto& row : config.tables(key.name)) {
          for (const auto& cell : row) {
            TIDEMARK_CHECK(std::ranges::count(key.columns, cell.first) == 1, "a known column");
          }
        }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text = base::as_text({octets, size});
  if (const auto config = topics::ConfigFile::parse(text, "f.yaml", keys())) {
    ask_all(*config);
  } else {
    TIDEMARK_CHECK(config.error().trail.starts_with("f.yaml"), "an error tells its place");
  }
  const auto definitions = topics::parse_definitions(text, "t.yaml", "main");
  if (!definitions) {
    TIDEMARK_CHECK(definitions.error().trail.starts_with("t.yaml"), "an error tells its place");
  }
  return 0;
}
