// The responders of what the history index knows (docs/http-api.md, "The past"):
//
//   /v1/changes /v1/history /v1/blame/{zone} /v1/diff /v1/show /v1/versions
//
// The controller answers with them, and the command line when it looks at a log or an index by
// itself: both say the same.
//
// Threads  That of the History.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/history/history.hpp"
#include "net/http.hpp"
#include "producer/api/reads.hpp"

namespace tidemark::producer {

constexpr std::size_t past_changes_max = 1000;      // of one page
constexpr std::size_t past_differences_max = 1000;  // likewise, and of one change in a list
// Of an ApiError: the index itself is at fault, and has to be built anew.
constexpr std::string_view index_damaged = "history-damaged";
constexpr std::size_t blame_lines_max = 100'000;

// Whether `path` ("v1", "diff") is one of theirs.
bool is_past(const std::vector<std::string>& path);

// `now_ms`: what "2h ago" counts from.
Answered read_past(consumer::History& history, const net::HttpRequest& request,
                   std::int64_t now_ms);

}  // namespace tidemark::producer
