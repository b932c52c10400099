// URLs of http and https, and the targets of requests, as plain decoded values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace tidemark::net {

struct Url {
  enum class Scheme : std::uint8_t { Http, Https } scheme = Scheme::Http;
  std::string host;        // a name or an IP address, without brackets
  std::uint16_t port = 0;  // never 0: 80 and 443 are filled in
  std::string target;      // path and query as they are sent; begins with a slash

  friend bool operator==(const Url&, const Url&) = default;
};
[[nodiscard]] base::Result<Url> parse_url(std::string_view text);
std::string to_text(const Url& url);
// The value of the Host header: the port only where it is not the scheme's own.
std::string host_header(const Url& url);

struct Target {
  std::vector<std::string> path;                           // segments, percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, "+" is a space
};
// "/v1/zones/example.org.?limit=5". A slash inside a segment is written %2F; a final slash adds
// no segment.
[[nodiscard]] base::Result<Target> parse_target(std::string_view text);
// For building targets: one path segment or query value, percent-encoded.
std::string encode_segment(std::string_view text);

}  // namespace tidemark::net
