// Problem: one reason why a Wish cannot become a ChangeSet, with its place, for people and API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/dns/name.hpp"
#include "core/dns/types.hpp"
#include "core/fold/reason.hpp"

namespace tidemark::producer {

constexpr std::size_t problems_max = 100;  // of one Wish; the rest is only counted

struct Problem {
  fold::Reason rule;
  std::string message;
  std::optional<dns::Name> owner{};
  std::optional<dns::RrType> type{};
  // RemovalGuard: how many RRsets would go away: what acknowledged_removals must say.
  std::optional<std::uint64_t> removals{};
};

class Problems {
 public:
  void add(Problem problem) {
    ++count_;
    if (list_.size() < problems_max) list_.push_back(std::move(problem));
  }
  bool empty() const noexcept { return list_.empty(); }
  std::size_t count() const noexcept { return count_; }  // those that were not kept included
  const std::vector<Problem>& list() const noexcept { return list_; }

 private:
  std::vector<Problem> list_;
  std::size_t count_ = 0;
};

}  // namespace tidemark::producer
