// AllowList: the addresses that no rate limit counts: one's own monitors, a load test.
//
// Requires  Few prefixes: each is compared.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "dns-edge/answer/settings.hpp"
#include "net/address.hpp"

namespace tidemark::edge {

struct Prefix {
  net::IpAddress ip;
  std::uint8_t bits = 0;
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

constexpr std::size_t allowed_prefixes_max = 64;

// "192.0.2.0/24", "2001:db8::/32", or an address alone.
// Errors  Invalid: not a prefix, or bits set behind its length.
[[nodiscard]] base::Result<Prefix> parse_prefix(std::string_view text);

class AllowList {
 public:
  explicit AllowList(std::vector<Prefix> prefixes) : prefixes_(std::move(prefixes)) {}
  bool contains(const Client& client) const noexcept;

 private:
  const std::vector<Prefix> prefixes_;
};

}  // namespace tidemark::edge
