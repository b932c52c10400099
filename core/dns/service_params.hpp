// The values of SvcParams (RFC 9460): how each known key is read, checked and written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace tidemark::dns {

enum class ServiceKey : std::uint16_t {
  Mandatory = 0,
  Alpn = 1,
  NoDefaultAlpn = 2,
  Port = 3,
  Ipv4hint = 4,
  Ech = 5,
  Ipv6hint = 6,
  Dohpath = 7,
  Invalid = 65535,
};

std::optional<ServiceKey> service_key_from_text(
    std::string_view text) noexcept;  // "alpn", "key667"
std::string to_text(ServiceKey key);

// The value of one parameter, `text` being what stands behind "=", without quotes.
base::Result<base::Bytes> service_value_from_text(ServiceKey key, std::string_view text);
base::Result<void> check_service_value(ServiceKey key, base::ByteView value);
// Appends "=value", or nothing for an empty one. Requires a checked value.
void append_service_value(std::string& out, ServiceKey key, base::ByteView value);

}  // namespace tidemark::dns
