#include "dns-edge/serve/allow_list.hpp"

#include <algorithm>
#include <charconv>

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;
using net::IpAddress;

std::size_t octets_of(const IpAddress& ip) noexcept {
  return ip.family == IpAddress::Family::V4 ? 4 : 16;
}

bool holds(const Prefix& prefix, std::span<const std::uint8_t> address) noexcept {
  const std::size_t whole = prefix.bits / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  prefix.ip.octets.begin())) {
    return false;
  }
  const unsigned rest = prefix.bits % 8;
  if (rest == 0) return true;
  return ((address[whole] ^ prefix.ip.octets[whole]) >> (8 - rest)) == 0;
}

Result<std::uint8_t> parse_bits(std::string_view text, std::size_t most) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits > most) {
    return base::fail(Errc::Invalid, "the length of a prefix is 0 to " + std::to_string(most) +
                                         ", not '" + std::string(text) + "'");
  }
  return static_cast<std::uint8_t>(bits);
}

}  // namespace

Result<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  Prefix prefix;
  TIDEMARK_TRY(prefix.ip, net::parse_ip(text.substr(0, slash)));
  const std::size_t most = octets_of(prefix.ip) * 8;
  prefix.bits = static_cast<std::uint8_t>(most);
  if (slash == std::string_view::npos) return prefix;
  TIDEMARK_TRY(prefix.bits, parse_bits(text.substr(slash + 1), most));
  for (std::size_t bit = prefix.bits; bit < most; ++bit) {
    if ((prefix.ip.octets[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
    return base::fail(Errc::Invalid, std::string(text) + ": bits are set behind the first " +
                                         std::to_string(prefix.bits));
  }
  return prefix;
}

bool AllowList::contains(const Client& client) const noexcept {
  const auto address = std::span(client.address).first(client.address_octets);
  return std::ranges::any_of(prefixes_, [&](const Prefix& prefix) {
    return octets_of(prefix.ip) == address.size() && holds(prefix, address);
  });
}

}  // namespace tidemark::edge
