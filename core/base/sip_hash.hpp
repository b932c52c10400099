// SipHash-2-4: a keyed hash that who lacks the key cannot foretell or forge.
//
// For short inputs of strangers: DNS cookies (RFC 9018), tables that strangers fill.
//
// Cost  About 20 ns for 20 octets. No allocation.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"

namespace tidemark::base {

using SipKey = std::array<std::uint8_t, 16>;

// The 64-bit output; its octets in the paper's order are those of the number, little-endian.
std::uint64_t sip_hash_2_4(const SipKey& key, ByteView bytes) noexcept;

// In time that depends on nothing but the length.
bool equal_in_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace tidemark::base
