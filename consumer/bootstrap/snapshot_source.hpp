// SnapshotSource: who may hold a snapshot file of our dataset: a peer edge or a controller.
//
// All serve the same two pages below `base`: /v1/snapshots and /v1/snapshots/{sha256}.
//
// Errors  base_url(): Invalid, naming the text and what is right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "net/url.hpp"

namespace tidemark::consumer {

struct SnapshotSource {
  // In the order in which they are asked: peers carry the load, controllers have other work.
  // Announced: a controller that the log named, not this node's operator.
  enum class Kind : std::uint8_t { Peer, Controller, Announced };
  Kind kind = Kind::Peer;
  net::Url base{};      // its target without a slash at the end
  std::string token{};  // sent as a bearer token; empty: none
};
std::string to_text(const SnapshotSource& source);  // its URL

// "http://edge2:8081", also with "/v1/snapshots..." behind it.
[[nodiscard]] base::Result<net::Url> base_url(std::string_view text);

struct ListedFile {
  std::string sha256;  // 64 hexadecimal digits in lower case
  std::uint64_t octets;
  std::uint64_t seq;
  std::int64_t offset;
};
// The page /v1/snapshots. Entries that no node could use are left out.
// Errors  Invalid: not that page.
[[nodiscard]] base::Result<std::vector<ListedFile>> parse_listing(std::string_view json);

}  // namespace tidemark::consumer
