// A writer in a process of its own, to be killed: tests/conformance/log/appender_main.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::conformance {

constexpr int appender_batch = 3;  // records of one append_batch

// Starts the appender, kills it (-9) after it acknowledged `acknowledgements` batches or shortly
// after, and returns how many records it had acknowledged; nothing if it did not start.
std::optional<std::int64_t> append_until_killed(const std::string& url, const std::string& topic,
                                                int acknowledgements);

}  // namespace tidemark::conformance
