// Table: rows for a terminal, columns aligned, two spaces between them.
#pragma once

#include <string>
#include <vector>

namespace tidemark::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  void row(std::vector<std::string> cells);  // as many as there are heads
  bool empty() const noexcept { return rows_.empty(); }
  std::string to_text() const;  // ends in a line end; control characters become spaces

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

// Words of strangers on a terminal: no line ends, no escape sequences.
std::string plain(std::string_view text);

}  // namespace tidemark::cli
