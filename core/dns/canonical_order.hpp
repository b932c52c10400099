// Sorts many owners at once into canonical order (RFC 4034 section 6.1), then by type.
//
// Comparing two names label by label from the right costs more than all else in reading a large
// zone; here each name is turned once into octets that compare as they are.
//
// Cost  n log n comparisons of 8 octets, longer ones only between near neighbours; memory about
// that
//       of all names together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/dns/name.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

struct OwnerAndType {
  NameView owner;
  RrType type;
};

// The indices of `items` in order; equal ones stay in the order that they had.
std::vector<std::size_t> canonical_order(std::span<const OwnerAndType> items);

}  // namespace tidemark::dns
