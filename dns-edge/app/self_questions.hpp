// SelfQuestions: what a node asks itself, through the function that answers everybody, to see that
// what it serves can be served.
//
// A round asks some zones, each in its turn, for their SOA and NS and for a sample of their names,
// and the RRsets that changed lately. Right is: SOA and NS are answered, and no name gives SERVFAIL
// but by the policy of a pool. Expiry and staleness play no part: they are not the data's fault.
//
// Threads   step() by one; a round runs on a thread of its own, on a share of the Snapshot.
// Limits    zones_per_round, names_per_zone; of a zone with more than sampled_names_max names only
//           what changed is asked beside the apex: sampling walks through all of them.
#pragma once

#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "consumer/snapshot/snapshot.hpp"
#include "core/event/change_set.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

constexpr std::size_t zones_per_round = 64, names_per_zone = 8, sampled_names_max = 100'000;
constexpr std::size_t changed_max = 256;  // RRsets that are remembered, the newest
constexpr std::chrono::seconds round_period{10};

struct SelfQuestion {
  dns::Name name;
  dns::RrType type;
};
struct SelfFindings {
  std::size_t asked = 0;
  std::vector<std::string> wrong{};  // a sentence each, the first few
  std::size_t zones_next = 0;        // where the next round goes on
};

SelfFindings ask_self(const consumer::Snapshot& snapshot, const AnswerSettings& settings,
                      const std::vector<SelfQuestion>& changed, std::size_t zones_from);

class SelfQuestions {
 public:
  explicit SelfQuestions(const AnswerSettings& settings) : settings_(settings) {}
  ~SelfQuestions() { finish(); }

  void folded(const event::ChangeSet& change);
  bool is_due(std::chrono::nanoseconds now) const;
  // Requires is_due().
  void begin(const consumer::Snapshot& snapshot, std::chrono::nanoseconds now);
  std::optional<SelfFindings> take();  // of the round that ended
  void finish();

  std::uint64_t asked() const noexcept { return asked_; }
  std::uint64_t wrong() const noexcept { return wrong_; }

 private:
  const AnswerSettings& settings_;
  std::deque<SelfQuestion> changed_;
  std::future<SelfFindings> round_;
  std::optional<std::chrono::nanoseconds> begun_;
  std::size_t zones_next_ = 0;
  std::uint64_t asked_ = 0, wrong_ = 0;
};

}  // namespace tidemark::edge
