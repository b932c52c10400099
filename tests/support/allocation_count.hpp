// Counts every `operator new` of a binary. It replaces the operators: include it in exactly one
// .cpp of a test, never in a header.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace tidemark::support {

inline std::atomic<std::uint64_t> allocations{0};                  // of all threads
inline thread_local std::uint64_t allocations_of_this_thread = 0;  // of the one that asks

inline void* counted_allocation(std::size_t octets) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  ++allocations_of_this_thread;
  return std::malloc(octets == 0 ? 1 : octets);
}

}  // namespace tidemark::support

[[gnu::noinline]] void* operator new(std::size_t octets) {
  if (void* memory = tidemark::support::counted_allocation(octets)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new[](std::size_t octets) { return operator new(octets); }
[[gnu::noinline]] void* operator new(std::size_t octets, const std::nothrow_t&) noexcept {
  return tidemark::support::counted_allocation(octets);
}
[[gnu::noinline]] void* operator new[](std::size_t octets, const std::nothrow_t&) noexcept {
  return tidemark::support::counted_allocation(octets);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
