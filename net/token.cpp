#include "net/token.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace tidemark::net {

namespace {

// What a token may be for. approve: the held changes of others.
constexpr std::array<std::string_view, 3> token_scopes{"read", "write", "approve"};
constexpr std::string_view blanks = " \t\r";

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<base::Sha256> parse_hash(std::string_view text) {
  base::Sha256 hash;
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = hex_digit(text[2 * i]);
    const auto low = hex_digit(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return hash;
}

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    const std::string_view scope = text.substr(0, text.find(','));
    if (!scope.empty()) scopes.emplace_back(scope);
    text.remove_prefix(std::min(scope.size() + 1, text.size()));
  }
  return scopes;
}

// No early end: how long it takes says nothing about where the difference is.
bool equal_in_constant_time(const base::Sha256& a, const base::Sha256& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

bool Principal::may(std::string_view scope) const {
  return std::ranges::find(scopes, scope) != scopes.end();
}

base::Result<Tokens> Tokens::parse(std::string_view text) {
  Tokens tokens;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view first = take_word(line);
    if (first.empty() || first.front() == '#') continue;
    const auto place = "line " + std::to_string(number) + ": ";
    const auto hash = parse_hash(first);
    if (!hash) {
      return base::fail(base::Errc::Invalid,
                        place + "begins with the SHA-256 of a token, 64 hexadecimal digits");
    }
    const std::string_view name = take_word(line);
    const auto scopes = split_scopes(take_word(line));
    if (name.empty() || scopes.empty() || !take_word(line).empty()) {
      return base::fail(base::Errc::Invalid, place + "after the hash: NAME SCOPE,SCOPE");
    }
    for (const std::string& scope : scopes) {
      if (std::ranges::find(token_scopes, scope) != token_scopes.end()) continue;
      return base::fail(base::Errc::Invalid,
                        place + scope + ": no scope; there are read, write and approve");
    }
    tokens.lines_.push_back({*hash, {std::string(name), scopes}});
  }
  return tokens;
}

const Principal* Tokens::find(std::string_view token) const {
  const base::Sha256 hash = base::sha256(base::as_bytes(token));
  const Principal* found = nullptr;
  for (const Line& line : lines_) {
    if (equal_in_constant_time(line.hash, hash)) found = &line.principal;
  }
  return found;
}

const Principal* Tokens::find_authorization(std::string_view header) const {
  constexpr std::string_view scheme = "bearer ";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (header.size() <= scheme.size() ||
      !std::ranges::equal(header.substr(0, scheme.size()), scheme, same)) {
    return nullptr;
  }
  return find(header.substr(scheme.size()));
}

std::string token_line(std::string_view token, const Principal& principal) {
  std::string line = base::to_hex(base::sha256(base::as_bytes(token))) + " " + principal.name + " ";
  for (const std::string& scope : principal.scopes) {
    if (line.back() != ' ') line += ',';
    line += scope;
  }
  return line + "\n";
}

}  // namespace tidemark::net
