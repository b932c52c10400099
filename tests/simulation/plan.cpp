#include "tests/simulation/plan.hpp"

#include <array>
#include <utility>

namespace tidemark::simulation {
namespace {

constexpr std::array<std::pair<Guard, std::string_view>, 12> words{{
    {Guard::None, "none"},
    {Guard::Expect, "expect"},
    {Guard::AuthorEpoch, "author-epoch"},
    {Guard::ChangeId, "change-id"},
    {Guard::Removals, "removals"},
    {Guard::OverlapRead, "overlap-read"},
    {Guard::NeverOlder, "never-older"},
    {Guard::SnapshotSync, "snapshot-sync"},
    {Guard::OutboxSync, "outbox-sync"},
    {Guard::UnknownOutcome, "unknown-outcome"},
    {Guard::SendAgain, "send-again"},
    {Guard::Whole, "whole"},
}};

}  // namespace

std::string_view to_text(Guard guard) {
  for (const auto& [one, word] : words) {
    if (one == guard) return word;
  }
  return "?";
}

std::optional<Guard> guard_from(std::string_view text) {
  for (const auto& [one, word] : words) {
    if (word == text) return one;
  }
  return std::nullopt;
}

const std::vector<Guard>& all_guards() {
  static const std::vector<Guard> all = [] {
    std::vector<Guard> guards;
    for (const auto& [one, word] : words) {
      if (one != Guard::None) guards.push_back(one);
    }
    return guards;
  }();
  return all;
}

}  // namespace tidemark::simulation
