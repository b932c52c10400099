// $GENERATE of master files, as BIND has it: one line that stands for many records.
//
//   $GENERATE 1-3 host-${0,3,d} 300 A 192.0.2.$   ->   host-001 300 A 192.0.2.1, ...
//
// "$" is the number of the step; "${offset,width,base}" that number plus offset, padded with zeros,
// in base d, o, x, X, or n, N (nibbles in reverse order with dots); "\$" and "$$" are a dollar
// sign.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace tidemark::dns {

constexpr std::uint64_t generated_records_max = 65536;              // of one file
constexpr std::size_t generated_octets_max = std::size_t{1} << 24;  // text, of one file

struct GenerateRange {
  std::uint32_t first, last, step;

  std::uint64_t count() const noexcept { return (std::uint64_t{last} - first) / step + 1; }
};

base::Result<GenerateRange> generate_range_from_text(std::string_view text);  // "1-10/2"
// `pattern` at one step. TooLarge if it grows beyond `octets_max`.
base::Result<std::string> expand_generate(std::string_view pattern, std::uint32_t step,
                                          std::size_t octets_max);

}  // namespace tidemark::dns
