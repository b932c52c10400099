#include "loadtest/engine/malloc_count.hpp"

#include <cstddef>

namespace {
thread_local std::uint64_t made = 0;
}

// glibc's own, under the names that it keeps for those who take its place.
extern "C" {
void* __libc_malloc(std::size_t octets);
void* __libc_calloc(std::size_t count, std::size_t octets);
void* __libc_realloc(void* memory, std::size_t octets);
void* __libc_memalign(std::size_t alignment, std::size_t octets);

void* malloc(std::size_t octets) {
  ++made;
  return __libc_malloc(octets);
}
void* calloc(std::size_t count, std::size_t octets) {
  ++made;
  return __libc_calloc(count, octets);
}
void* realloc(void* memory, std::size_t octets) {
  ++made;
  return __libc_realloc(memory, octets);
}
void* aligned_alloc(std::size_t alignment, std::size_t octets) {
  ++made;
  return __libc_memalign(alignment, octets);
}
}

namespace tidemark::loadtest {

std::uint64_t allocations_made() noexcept { return made; }

}  // namespace tidemark::loadtest
