#include "cli/table.hpp"

#include <algorithm>
#include <string_view>

#include "core/base/check.hpp"

namespace tidemark::cli {

namespace {

std::size_t width_of(std::string_view text) {  // code points, not octets
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

void Table::row(std::vector<std::string> cells) {
  TIDEMARK_CHECK(cells.size() == heads_.size(), "a row has a cell for each head");
  for (std::string& cell : cells) cell = plain(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::to_text() const {
  std::vector<std::size_t> widths(heads_.size());
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(cells[i]));
    }
  };
  widen(heads_);
  for (const auto& cells : rows_) widen(cells);

  std::string out;
  const auto write = [&out, &widths](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out += cells[i];
      if (i + 1 < cells.size()) out.append(widths[i] - width_of(cells[i]) + 2, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  write(heads_);
  for (const auto& cells : rows_) write(cells);
  return out;
}

}  // namespace tidemark::cli
