#include "topics/config_file.hpp"

#include <gtest/gtest.h>

#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::topics {
namespace {

using Kind = ConfigKey::Kind;
const std::vector<ConfigKey> known{{"log"},
                                   {"workers", Kind::Number},
                                   {"verbose", Kind::Flag},
                                   {"listen", Kind::Texts},
                                   {"tls.ca"},
                                   {"tls.key"},
                                   {"kafka", Kind::Map},
                                   {"tokens", Kind::Tables, {"name", "sha256"}}};

std::string error_of(const std::string& yaml) {
  const auto config = ConfigFile::parse(yaml, "c.yaml", known);
  return config ? "no error" : config.error().trail;
}

TEST(ConfigFile, ReadsEveryKind) {
  const auto config = ConfigFile::parse(R"(
log: sqlite:x.log
workers: 4
verbose: true
listen: [127.0.0.1:53, "[::1]:53"]
tls: {ca: /ca.pem}
kafka: {linger.ms: 5}
tokens:
  - {name: ci, sha256: ab}
  - {name: ops, sha256: cd}
)",
                                        "c.yaml", known);
  ASSERT_TRUE(config.has_value()) << config.error().trail;
  EXPECT_EQ(config->text("log"), "sqlite:x.log");
  EXPECT_EQ(config->number("workers"), 4);
  EXPECT_EQ(config->flag("verbose"), true);
  EXPECT_EQ(config->texts("listen"), (std::vector<std::string>{"127.0.0.1:53", "[::1]:53"}));
  EXPECT_EQ(config->text("tls.ca"), "/ca.pem");
  EXPECT_FALSE(config->has("tls.key"));
  EXPECT_EQ(config->map("kafka"), (ConfigFile::Map{{"linger.ms", "5"}}));
  ASSERT_EQ(config->tables("tokens").size(), 2u);
  EXPECT_EQ(config->tables("tokens")[1].at("name"), "ops");
  EXPECT_EQ(config->place("workers"), "c.yaml:3:1: workers");
}

TEST(ConfigFile, AnEmptyFileHasNothing) {
  const auto config = ConfigFile::parse("# nothing\n", "c.yaml", known);
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->text("log"), std::nullopt);
  EXPECT_TRUE(config->texts("listen").empty());
}

TEST(ConfigFile, AnEmptyListIsPresentAndEmpty) {
  const auto config = ConfigFile::parse("listen: []\n", "c.yaml", known);
  EXPECT_TRUE(config->has("listen"));
  EXPECT_TRUE(config->texts("listen").empty());
}

TEST(ConfigFile, AnUnknownKeyIsAnErrorWithPlaceAndSuggestion) {
  EXPECT_EQ(error_of("log: [x\n").substr(0, 7), "c.yaml:") << "what yaml-cpp finds, in its place";
  EXPECT_EQ(error_of("log: x\nlissten: y\n"),
            "c.yaml:2:1: lissten: unknown key (did you mean \"listen\"?)");
  EXPECT_EQ(error_of("tls:\n  cert: x\n").substr(0, 33), "c.yaml:2:3: tls.cert: unknown key");
  EXPECT_EQ(error_of("tokens: [{nam: x}]\n"),
            "c.yaml:1:11: tokens.nam: unknown key (did you mean \"name\"?)");
}

TEST(ConfigFile, AValueOfAnotherKindIsNamedWithItsPlace) {
  EXPECT_EQ(error_of("workers: many\n"), "c.yaml:1:10: workers: not a whole number");
  EXPECT_EQ(error_of("workers: 4.5\n"), "c.yaml:1:10: workers: not a whole number");
  EXPECT_EQ(error_of("verbose: yes\n"), "c.yaml:1:10: verbose: not true or false");
  EXPECT_EQ(error_of("log: [a]\n"), "c.yaml:1:6: log: not a text");
  EXPECT_EQ(error_of("log:\n"), "c.yaml:1:1: log: not a text");
  EXPECT_EQ(error_of("listen: {a: b}\n"), "c.yaml:1:9: listen: not a list of texts");
  EXPECT_EQ(error_of("- a\n- b\n"), "c.yaml:1:1: not a mapping of keys to values");
}

TEST(ConfigFile, AKeyWrittenTwiceIsAnError) {
  EXPECT_EQ(error_of("log: a\nlog: b\n"), "c.yaml:2:1: log: written twice");
}

TEST(ConfigFile, ASecondDocumentIsAnErrorWithItsPlace) {
  EXPECT_NE(error_of("log: a\n---\nlog: b\n").find(": a second document"), std::string::npos);
  // yaml-cpp 0.7 makes empty documents of it until no memory is left (found by fuzz/yaml).
  EXPECT_NE(error_of(",is").find(": a second document"), std::string::npos);
}

TEST(ConfigFile, AMissingFileIsNotFoundByName) {
  const TemporaryFolder folder;
  const auto config = ConfigFile::read(folder.file("none.yaml"), known);
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, base::Errc::NotFound);
  EXPECT_NE(config.error().trail.find("none.yaml"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::topics
