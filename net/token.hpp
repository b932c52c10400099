// Bearer tokens: who may use the controller's API, and for what.
//
// The file holds one token a line, never the token itself: SHA-256 of it in 64 hexadecimal digits,
// a name that appears as the author of changes, and scopes separated by commas. Empty lines and
// lines that begin with # are left out. A token is 128 random bits or more, so a plain hash of it
// is enough.
//   5e88...  alice  read,write
//
// Cost  find() looks at every line in the same time, whichever matches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.hpp"
#include "core/base/result.hpp"

namespace tidemark::net {

struct Principal {
  std::string name;
  std::vector<std::string> scopes;

  bool may(std::string_view scope) const;
  friend bool operator==(const Principal&, const Principal&) = default;
};

class Tokens {
 public:
  Tokens() = default;  // none: nobody may
  // Errors  Invalid, with the line number.
  [[nodiscard]] static base::Result<Tokens> parse(std::string_view text);
  bool empty() const noexcept { return lines_.empty(); }

  // The bearer of `token`, or nullptr. Valid as long as this Tokens.
  const Principal* find(std::string_view token) const;
  // The same from the value of an Authorization header: "Bearer TOKEN".
  const Principal* find_authorization(std::string_view header) const;

 private:
  struct Line {
    base::Sha256 hash;
    Principal principal;
  };
  std::vector<Line> lines_;
};

// A line of the file for a new token.
std::string token_line(std::string_view token, const Principal& principal);

}  // namespace tidemark::net
