#include "net/address.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tidemark::net {

namespace {

base::Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    return base::fail(base::Errc::Invalid,
                      "port \"" + std::string(text) + "\": not a number from 0 to 65535");
  }
  return port;
}

}  // namespace

bool IpAddress::is_loopback() const noexcept {
  if (family == Family::V4) return octets[0] == 127;
  static constexpr std::array<std::uint8_t, 16> one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  static constexpr std::array<std::uint8_t, 13> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127};
  return octets == one || std::ranges::equal(mapped, std::span(octets).first<13>());
}

base::Result<IpAddress> parse_ip(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {  // inet_pton would read only what is before it
    return base::fail(base::Errc::Invalid, "an address with a NUL octet in it");
  }
  const std::string terminated(text);
  IpAddress ip;
  if (inet_pton(AF_INET, terminated.c_str(), ip.octets.data()) == 1) return ip;
  ip.family = IpAddress::Family::V6;
  if (inet_pton(AF_INET6, terminated.c_str(), ip.octets.data()) == 1) return ip;
  return base::fail(base::Errc::Invalid, "\"" + terminated + "\": not an IP address");
}

base::Result<SocketAddress> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view ip_text = text.substr(0, colon);
  const bool bracketed = ip_text.size() > 2 && ip_text.front() == '[' && ip_text.back() == ']';
  const bool bare_v6 = !bracketed && ip_text.find(':') != std::string_view::npos;
  if (colon == std::string_view::npos || bare_v6) {
    return base::fail(base::Errc::Invalid,
                      "\"" + std::string(text) + "\": write it as 127.0.0.1:5301 or [::1]:5301");
  }
  if (bracketed) ip_text = ip_text.substr(1, ip_text.size() - 2);
  auto ip = parse_ip(ip_text);
  if (!ip) return std::unexpected(std::move(ip).error());
  if (bracketed != (ip->family == IpAddress::Family::V6)) {
    return base::fail(base::Errc::Invalid,
                      "\"" + std::string(text) + "\": brackets are for IPv6 alone");
  }
  auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::unexpected(std::move(port).error().at(text));
  return SocketAddress{*ip, *port};
}

std::string to_text(const IpAddress& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = ip.family == IpAddress::Family::V4 ? AF_INET : AF_INET6;
  inet_ntop(family, ip.octets.data(), text, sizeof text);
  return text;
}

std::string to_text(const SocketAddress& address) {
  const std::string ip = to_text(address.ip);
  const std::string port = ":" + std::to_string(address.port);
  return address.ip.family == IpAddress::Family::V4 ? ip + port : "[" + ip + "]" + port;
}

}  // namespace tidemark::net
