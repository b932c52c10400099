// TableProbe: where a search in a Table begins: a leaf's slots, and the first that may hold it.
//
// A value between the steps of one search (table.hpp); valid as long as the Dataset it is of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/prefetch.hpp"

namespace tidemark::dataset {

struct TableProbe {
  const std::uint64_t* slots = nullptr;
  std::uint32_t home = 0;
  std::uint16_t capacity = 0;  // 0: the table is empty
  std::uint16_t tag = 0;
  // Asks for the slots: most searches end within the first few.
  void prefetch() const noexcept {
    if (capacity == 0) return;
    base::prefetch(slots + home);
    base::prefetch(slots + home + 3);  // the next line, if the home is one of the last here
  }
};

// Asks the cache for an entry: two lines hold most of them.
inline void prefetch(const std::uint8_t* entry) noexcept {
  base::prefetch(entry);
  base::prefetch(entry + base::cache_line_octets);
}

}  // namespace tidemark::dataset
