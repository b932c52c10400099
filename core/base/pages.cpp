#include "core/base/pages.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace tidemark::base {

Pages::Pages(std::size_t octets) : begin_(nullptr), octets_(octets) {
  // Mapped larger by one page, then both ends are cut off to where huge pages begin.
  std::size_t space = octets + huge_page_octets;
  void* mapped = ::mmap(nullptr, space, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const first = static_cast<std::byte*>(mapped);
  void* aligned = mapped;
  std::align(huge_page_octets, octets, aligned, space);
  begin_ = static_cast<std::byte*>(aligned);
  const auto before = static_cast<std::size_t>(begin_ - first);
  if (before != 0) ::munmap(first, before);
  if (before != huge_page_octets) ::munmap(begin_ + octets, huge_page_octets - before);
  ::madvise(begin_, octets, MADV_HUGEPAGE);  // a wish: small pages serve as well
}

Pages::Pages(Pages&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), octets_(std::exchange(other.octets_, 0)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(octets_, other.octets_);
  return *this;
}

Pages::~Pages() {
  if (begin_ != nullptr) ::munmap(begin_, octets_);
}

}  // namespace tidemark::base
