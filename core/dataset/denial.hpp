// Denial: a zone's SOA record as negative answers carry it (RFC 2308), ready but for where the
// apex's name stands in the message: there its compression pointers lead to.
//
// Made when the SOA is folded in: saying no is then a copy and at most three numbers.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/dataset/store.hpp"
#include "core/dns/name.hpp"

namespace tidemark::dataset {

class RrsetView;

struct Denial : Object {
  static constexpr std::size_t pointers_max = 3;  // owner, primary, mailbox

  std::array<std::uint16_t, pointers_max> pointers;  // where in the octets they stand
  std::uint16_t pointer_count;
  // Then the record; a pointer's value is an offset into the apex's name.
  base::ByteView record() const noexcept {
    return {static_cast<const std::uint8_t*>(static_cast<const void*>(this + 1)),
            octets - sizeof(Denial)};
  }
};

Denial* make_denial(Store& store, dns::NameView apex, const RrsetView& soa);

}  // namespace tidemark::dataset
