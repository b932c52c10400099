// WaitTarget: which edges a client waits for: "all", "90%", "ring:NAME".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark::producer {

struct WaitTarget {
  unsigned percent = 100;  // of the live edges
  std::string ring{};      // empty: of the whole fleet
  friend bool operator==(const WaitTarget&, const WaitTarget&) = default;
};

// Nothing if the words name no target: from 1% to 100%, a ring by its name.
std::optional<WaitTarget> parse_wait_target(std::string_view words);
std::string to_text(const WaitTarget& target);
constexpr std::string_view wait_target_words = "all, 90% or ring:NAME";

}  // namespace tidemark::producer
