#include "cli/command.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(CommandAgain, IsWhatAShellWouldReadAgain) {
  EXPECT_EQ(shell_quoted("a-b.zone"), "a-b.zone");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("two words"), "'two words'");
  EXPECT_EQ(shell_quoted("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(CommandAgain, HasTheNumberOnceAndAtItsEnd) {
  const std::string right = " zone import a.zone --reason 'new servers' --acknowledge-removals 20";
  const std::string with = "--acknowledge-removals 20";
  EXPECT_EQ(Tool::again({"zone", "import", "a.zone", "--reason", "new servers"}, with), right);
  EXPECT_EQ(Tool::again({"zone", "import", "--acknowledge-removals", "19", "a.zone", "--reason",
                         "new servers"},
                        with),
            right);
  EXPECT_EQ(Tool::again({"zone", "import", "a.zone", "--acknowledge-removals=19", "--reason",
                         "new servers"},
                        with),
            right);
  EXPECT_EQ(Tool::again({"rollback", "--yes", "z"}, "--yes"), " rollback z --yes");
  EXPECT_EQ(Tool::again({"zone", "delete", "z", "--acknowledge-removals", "9"}, "--hold"),
            " zone delete z --hold");
}

}  // namespace
}  // namespace tidemark::cli
