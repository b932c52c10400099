#include "dns-edge/app/trial_book.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/hash.hpp"

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;

constexpr std::string_view seal = "sha256 ";

// Every field once: its name and a reference. Visit: for numbers and for texts.
template <class Book, class Visit>
void for_each_field(Book& book, Visit&& visit) {
  visit("crashes", book.crashes);
  visit("tried", book.tried);
  visit("proven", book.proven);
  visit("good", book.good);
  visit("good_file", book.good_file);
  visit("held_before", book.held_before);
  visit("until", book.until);
  visit("reason", book.reason);
  visit("obeyed", book.obeyed);
  visit("build", book.build);
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}
std::string value_text(const std::string& text) { return one_line(text); }
std::string value_text(std::uint64_t number) { return std::to_string(number); }

bool take_value(std::string_view from, std::string& into) {
  into = from;
  return true;
}
template <class Number>
bool take_value(std::string_view from, Number& into) {
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), into);
  return error == std::errc() && end == from.data() + from.size();
}

std::unexpected<base::Error> damaged() {
  return base::fail(Errc::Invalid,
                    std::string(trial_book_file) + ": damaged: what crashed before is forgotten");
}

}  // namespace

std::string to_text(const TrialBook& book) {
  std::string text;
  for_each_field(book, [&](const char* name, const auto& value) {
    text += std::string(name) + " " + value_text(value) + "\n";
  });
  return text + std::string(seal) + base::to_hex(base::sha256(base::as_bytes(text))) + "\n";
}

Result<TrialBook> parse_trial_book(std::string_view text) {
  const std::size_t end = text.rfind(seal);
  if (end == std::string_view::npos) return damaged();
  const std::string_view body = text.substr(0, end);
  if (text.substr(end + seal.size()) != base::to_hex(base::sha256(base::as_bytes(body))) + "\n") {
    return damaged();
  }
  TrialBook book;
  for (std::string_view rest = body; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return damaged();
    bool sound = true;  // a field of a newer Tidemark is passed over
    for_each_field(book, [&](std::string_view name, auto& value) {
      if (name == line.substr(0, blank)) sound = take_value(line.substr(blank + 1), value);
    });
    if (!sound) return damaged();
  }
  return book;
}

Result<TrialBook> read_trial_book(base::Disk& disk) {
  const auto octets = disk.read(trial_book_file);
  if (!octets && octets.error().code == Errc::NotFound) return TrialBook{};
  if (!octets) return std::unexpected(octets.error());
  return parse_trial_book(base::as_text(*octets));
}

Result<void> write_trial_book(base::Disk& disk, const TrialBook& book) {
  return disk.write_durably(trial_book_file, base::as_bytes(to_text(book)));
}

}  // namespace tidemark::edge
