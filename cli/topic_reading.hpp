// Reading a topic from a place to a place, for people: nothing is folded, so nothing is compared.
//
// Errors  TimeOut if the log does not answer; Error if the position asked for is not in the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "cli/outcome.hpp"
#include "core/log/log.hpp"

namespace tidemark::cli {

struct ReadPlan {
  std::optional<std::uint64_t> from{};         // absent: the first record that is there,
  std::optional<std::uint64_t> last{};         // or so many before the end
  std::optional<std::uint64_t> limit{};        // stop after so many
  bool follow = false;                         // go on behind the end
  std::chrono::milliseconds patience{10'000};  // without a word from the log; not while following
};

Outcome read_topic(log::Source& source, const ReadPlan& plan,
                   const std::function<void(const log::Record&)>& on_record,
                   const std::function<void(const std::string&)>& on_remark);

}  // namespace tidemark::cli
