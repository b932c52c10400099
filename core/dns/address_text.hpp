// IPv4 and IPv6 addresses as text, without asking the operating system or a locale.
//
// RFC  5952 (the one way to write an IPv6 address), 4291 section 2.2 (all ways to read one)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace tidemark::dns {

using Ipv4Octets = std::array<std::uint8_t, 4>;
using Ipv6Octets = std::array<std::uint8_t, 16>;

// Four decimal numbers without leading zeros: "010" is octal to some readers, so it is nothing
// here.
std::optional<Ipv4Octets> ipv4_from_text(std::string_view text) noexcept;
std::optional<Ipv6Octets> ipv6_from_text(std::string_view text) noexcept;

void append_ipv4(std::string& out, base::ByteView octets);  // Requires 4 octets
void append_ipv6(std::string& out, base::ByteView octets);  // Requires 16 octets

}  // namespace tidemark::dns
