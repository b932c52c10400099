// SocketAddress: an IP address and a port as a plain value, "127.0.0.1:5301" or "[::1]:53" in text.
//
// Not a name: nothing is resolved here.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace tidemark::net {

struct IpAddress {  // of IPv4: the first 4 octets
  enum class Family : std::uint8_t { V4 = 4, V6 = 6 } family = Family::V4;
  std::array<std::uint8_t, 16> octets{};

  bool is_loopback() const noexcept;  // 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;
  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

[[nodiscard]] base::Result<IpAddress> parse_ip(std::string_view text);  // without brackets
[[nodiscard]] base::Result<SocketAddress> parse_address(std::string_view text);
std::string to_text(const IpAddress& ip);
std::string to_text(const SocketAddress& address);

}  // namespace tidemark::net
