#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(Table, AlignsColumnsByTheirWidestCell) {
  Table table({"NAME", "N"});
  table.row({"a", "1"});
  table.row({"longer", "22"});
  EXPECT_EQ(table.to_text(), "NAME    N\na       1\nlonger  22\n");
}

TEST(Table, CountsCharactersNotOctets) {
  Table table({"A", "B"});
  table.row({"\xc3\xbc\xc3\xbc", "x"});
  table.row({"uuu", "y"});
  EXPECT_EQ(table.to_text(), "A    B\n\xc3\xbc\xc3\xbc   x\nuuu  y\n");
}

TEST(Table, LetsNoControlCharacterThrough) {
  Table table({"A"});
  table.row({"x\x1b[31m\ny"});
  EXPECT_EQ(table.to_text(), "A\nx [31m y\n");
}

}  // namespace
}  // namespace tidemark::cli
