// Puts one NodeReport with a NACK on the fleet topic, as a node of an older build would that cannot
// decode a change: for the ring drill.
//
// usage: tidemark-fleet-report LOG DATASET NODE RING LINEAGE ACTIVE_SEQ OFFSET CHANGE_ID REASON
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "core/base/u128.hpp"
#include "schemas/codec.hpp"
#include "topics/log_url.hpp"

namespace {

int report(char** words) {
  using namespace tidemark;
  const auto settings = topics::parse_log_url(words[1]);
  if (!settings) return std::fprintf(stderr, "%s\n", settings.error().trail.c_str()), 1;
  auto log = topics::open_log(*settings);
  if (!log) return std::fprintf(stderr, "%s\n", log.error().trail.c_str()), 1;
  auto sink = (*log)->sink(std::string(words[2]) + ".fleet");
  if (!sink) return std::fprintf(stderr, "%s\n", sink.error().trail.c_str()), 1;
  event::NodeReport said;
  said.node = words[3];
  said.ring = words[4];
  said.state = event::NodeState::Live;
  said.lineage = base::u128_from_hex(words[5]).value_or(base::U128{});
  said.active_seq = said.staged_seq = std::strtoull(words[6], nullptr, 10);
  said.offset = std::strtoll(words[7], nullptr, 10);
  said.nacks = {{said.offset, base::u128_from_hex(words[8]).value_or(base::U128{}), words[9]}};
  log::Draft draft;
  draft.key = said.node;
  draft.value = schemas::encode(said);
  if (!(*sink)->append(log::Ticket(1), std::move(draft))) return 1;
  for (int i = 0; i < 1000; ++i) {
    for (const log::Completion& one : (*sink)->completions()) {
      return one.outcome == log::Completion::Outcome::Persisted ? 0 : 1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 1;
}

}  // namespace

int main(int count, char** words) {
  constexpr int words_wanted = 10;
  if (count != words_wanted) {
    std::fprintf(stderr, "wrong number of words\n");
    return 2;
  }
  return report(words);
}
