// Pages: memory for large long-lived tables, straight from the system and, where it can, in huge
// pages: a look-up at a random place in a gigabyte then needs no walk of page tables.
//
// It is what operator new gets its memory from too: no file, no clock, no other process.
//
// Owns    The memory, until it is destroyed; untouched parts cost nothing.
// Errors  std::bad_alloc, as operator new.
#pragma once

#include <cstddef>

namespace tidemark::base {

constexpr std::size_t huge_page_octets = std::size_t{2} << 20;

class Pages {
 public:
  // Begins at a multiple of huge_page_octets. Requires `octets` to be one, too.
  explicit Pages(std::size_t octets);
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;
  ~Pages();
  std::byte* begin() const noexcept { return begin_; }
  std::size_t octets() const noexcept { return octets_; }

 private:
  std::byte* begin_;
  std::size_t octets_;
};

}  // namespace tidemark::base
