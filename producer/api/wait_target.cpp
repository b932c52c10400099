#include "producer/api/wait_target.hpp"

#include <charconv>

namespace tidemark::producer {
namespace {
constexpr std::string_view ring_prefix = "ring:";
}

std::optional<WaitTarget> parse_wait_target(std::string_view words) {
  if (words == "all") return WaitTarget{};
  if (words.starts_with(ring_prefix) && words.size() > ring_prefix.size()) {
    return WaitTarget{.ring = std::string(words.substr(ring_prefix.size()))};
  }
  if (!words.ends_with('%')) return std::nullopt;
  words.remove_suffix(1);
  WaitTarget target;
  const auto [end, error] =
      std::from_chars(words.data(), words.data() + words.size(), target.percent);
  if (error != std::errc() || end != words.data() + words.size()) return std::nullopt;
  if (target.percent < 1 || target.percent > 100) return std::nullopt;
  return target;
}

std::string to_text(const WaitTarget& target) {
  if (!target.ring.empty()) return std::string(ring_prefix) + target.ring;
  return target.percent == 100 ? "all" : std::to_string(target.percent) + "%";
}

}  // namespace tidemark::producer
