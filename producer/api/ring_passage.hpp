// Passage: rings are taken past a span of versions that nobody shall serve: what a rollback took
// back. The Rollout does it, for whoever ends the pin that hid that span.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>

#include "producer/api/api_error.hpp"

namespace tidemark::producer {

struct Passage {
  std::uint64_t past = 0;  // the version of the revert; 0: no span
  std::map<std::string, std::uint64_t, std::less<>> good{};  // by ring: the last version before it
  std::string author{};
  std::string reason{};
};

// A ring whose watermark this is serves something of the span.
inline bool is_between(const Passage& passage, const std::string& ring, std::uint64_t seq) {
  const auto good = passage.good.find(ring);
  return good != passage.good.end() && good->second < seq && seq < passage.past;
}

// True: no ring serves anything of it any more; false: it is under way, ask again.
using PassRings = std::function<std::expected<bool, ApiError>(const Passage&)>;

}  // namespace tidemark::producer
