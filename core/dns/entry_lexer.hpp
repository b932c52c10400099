// Splits presentation form into entries, one logical line each, and entries into tokens.
//
// It knows comments, parentheses (inside them a line end is white space), quotes and escapes; what
// a token means it does not know. A quote opens a token of its own, or stands behind "=" inside a
// word (key="value" of SVCB). Escapes stay in the text.
//
// Errors  A malformed entry says so in `error`; the next one begins at the next line.
// RFC     1035 section 5.1, 9460 section 2.1
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/dns/master_file.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {

struct Place {
  std::size_t line = 1;
  std::size_t column = 1;  // in octets
};

struct Entry {
  bool begins_blank = false;  // white space in front: the owner is the last one
  std::vector<Token> tokens;  // never empty unless there is an error
  std::vector<Place> places;  // of each token
  std::optional<Remark> error;
  bool has_comment = false;
};

class EntryLexer {
 public:
  explicit EntryLexer(std::string_view text) : text_(text) {}

  // Reads the next entry that is not empty, reusing the memory of `entry`. False at the end.
  bool next(Entry& entry);

 private:
  Place here() const noexcept { return {line_, at_ - line_begin_ + 1}; }
  bool read_entry(Entry& entry);
  bool take_separator(char c, Entry& entry);
  void skip_to_line_end() noexcept;
  void pass_line_end() noexcept;
  void take_quoted(Entry& entry);
  void take_word(Entry& entry);
  bool pass_quotes() noexcept;
  void fail_at(Entry& entry, Place place, std::string_view what);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::size_t depth_ = 0;  // of parentheses
  Place outermost_;        // where the first open one stands
};

}  // namespace tidemark::dns
