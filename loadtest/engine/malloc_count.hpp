// Counts every call of malloc and its kin in this program, operator new included.
//
// It takes glibc's place for these functions: link it into one program only.
#pragma once

#include <cstdint>

namespace tidemark::loadtest {

std::uint64_t allocations_made() noexcept;  // by the calling thread

}  // namespace tidemark::loadtest
