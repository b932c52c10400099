#include "core/dns/entry_lexer.hpp"

#include <string>

namespace tidemark::dns {

namespace {

bool is_white(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

bool ends_word(char c) noexcept {
  return is_white(c) || c == '\n' || c == ';' || c == '(' || c == ')' || c == '"';
}

}  // namespace

bool EntryLexer::next(Entry& entry) {
  while (at_ < text_.size()) {
    if (read_entry(entry)) return true;
  }
  return false;
}

// One logical line; false if there was nothing in it.
bool EntryLexer::read_entry(Entry& entry) {
  entry.tokens.clear();
  entry.places.clear();
  entry.error.reset();
  entry.has_comment = false;
  entry.begins_blank = is_white(text_[at_]);
  while (at_ < text_.size() && !entry.error) {
    const char c = text_[at_];
    if (c == '\n' && depth_ == 0) break;
    if (c == ')' && depth_ == 0) {
      fail_at(entry, here(), "a closing parenthesis without an opening one");
    } else if (!take_separator(c, entry)) {
      c == '"' ? take_quoted(entry) : take_word(entry);
    }
  }
  if (!entry.error && depth_ > 0) fail_at(entry, outermost_, "a parenthesis that never closes");
  if (entry.error) skip_to_line_end();
  depth_ = 0;
  if (at_ < text_.size()) pass_line_end();
  return entry.error || !entry.tokens.empty();
}

// White space, comments, parentheses and the line ends inside them.
bool EntryLexer::take_separator(char c, Entry& entry) {
  if (c == '\n') {
    pass_line_end();
  } else if (c == ';') {
    entry.has_comment = true;
    skip_to_line_end();
  } else if (c == '(') {
    if (depth_++ == 0) outermost_ = here();
    ++at_;
  } else if (c == ')') {
    --depth_;
    ++at_;
  } else if (is_white(c)) {
    ++at_;
  } else {
    return false;
  }
  return true;
}

void EntryLexer::skip_to_line_end() noexcept {
  const std::size_t end = text_.find('\n', at_);
  at_ = end == std::string_view::npos ? text_.size() : end;
}

void EntryLexer::pass_line_end() noexcept {
  ++at_;
  ++line_;
  line_begin_ = at_;
}

// From an opening quote to behind the closing one; false if the line ends before.
bool EntryLexer::pass_quotes() noexcept {
  ++at_;
  while (at_ < text_.size() && text_[at_] != '\n') {
    const char c = text_[at_++];
    if (c == '"') return true;
    if (c == '\\' && at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  return false;
}

void EntryLexer::take_quoted(Entry& entry) {
  const Place place = here();
  const std::size_t begin = at_ + 1;
  if (!pass_quotes()) return fail_at(entry, place, "a quote that never closes");
  entry.tokens.push_back({text_.substr(begin, at_ - 1 - begin), true});
  entry.places.push_back(place);
}

void EntryLexer::take_word(Entry& entry) {
  const Place place = here();
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
      at_ += 2;
    } else if (c == '"') {
      if (text_[at_ - 1] != '=') return fail_at(entry, here(), "a quote inside a word");
      if (!pass_quotes()) return fail_at(entry, place, "a quote that never closes");
    } else if (ends_word(c)) {
      break;
    } else {
      ++at_;
    }
  }
  entry.tokens.push_back({text_.substr(begin, at_ - begin), false});
  entry.places.push_back(place);
}

void EntryLexer::fail_at(Entry& entry, Place place, std::string_view what) {
  entry.error = Remark{place.line, place.column, std::string(what)};
}

}  // namespace tidemark::dns
