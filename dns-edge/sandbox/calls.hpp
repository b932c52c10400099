// The system calls of an edge: which it makes, and which only an attack would.
//
// A call stands in one list or in none; argument rules of call_filter.cpp come before the lists.
// In none: refused with ENOSYS, as if the kernel were older. How the list was made: from traces of
// edges on SQLite and on Kafka (start, serve, snapshot, lost broker, stop), the C library's sources
// for names, threads and malloc, and SQLite's. A call joins with the reason in its comment.
#pragma once

#include <span>

namespace tidemark::edge {

std::span<const int> allowed_calls();  // the query path's first
std::span<const int> deadly_calls();

}  // namespace tidemark::edge
