// What writer and reader of snapshot files agree on: docs/formats/snapshot-file.md in constants.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tidemark::consumer {

// \r\n and the octet above 127 notice a file that went through a text mode.
constexpr std::array<std::uint8_t, 8> snapshot_magic{0x89, 'T', 'M', 'S', 'N', 'P', '\r', '\n'};
constexpr std::size_t section_tag_octets = 4;
constexpr std::size_t section_opening_octets = section_tag_octets + 8;  // tag, length u64
constexpr std::size_t section_checksum_octets = 16;                     // XXH3-128

// In this order; ZONE and PART as often as HEAD says.
namespace section {
constexpr std::string_view head = "HEAD";  // versions, positions, counts
constexpr std::string_view pools = "POOL";
constexpr std::string_view overrides = "OVRD";
constexpr std::string_view cookies = "COOK";  // in files of version 2
constexpr std::string_view zone = "ZONE";     // a live zone
constexpr std::string_view part = "PART";     // a zone under construction
constexpr std::string_view ledger = "LEDG";
constexpr std::string_view health = "HLTH";
constexpr std::string_view end = "DONE";  // nothing may follow
}  // namespace section

}  // namespace tidemark::consumer
