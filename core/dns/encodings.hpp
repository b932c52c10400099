// Octets as text: hexadecimal, base64 (RFC 4648 section 4) and base32hex without padding (RFC
// 5155).
//
// Decoders take nothing but the one right form of given octets, letter case apart: no white space,
// no missing padding, no bits behind the last octet.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace tidemark::dns {

std::optional<base::Bytes> from_hex(std::string_view text);
void append_hex(std::string& out, base::ByteView octets);  // upper case, as digests are shown

std::optional<base::Bytes> from_base64(std::string_view text);
void append_base64(std::string& out, base::ByteView octets);

std::optional<base::Bytes> from_base32hex(std::string_view text);
void append_base32hex(std::string& out, base::ByteView octets);  // lower case

}  // namespace tidemark::dns
