#include "producer/api/snapshot_rule.hpp"

#include <limits>
#include <utility>
#include <variant>

namespace tidemark::producer {

namespace {

// True once in `every` octets on average, by the record's place in history alone.
bool draws(const base::Sha256& chain, std::size_t octets, std::uint64_t every) {
  return base::load_u64(chain.data()) / (std::numeric_limits<std::uint64_t>::max() / every) <
         octets;
}

}  // namespace

bool SnapshotRule::begins_period(log::AppendTime appended) {
  if (settings_.log_time.count() == 0) return false;
  const std::int64_t period = appended.value() / settings_.log_time.count();
  const auto before = std::exchange(period_, period);
  return before && *before != period;
}

bool SnapshotRule::is_point(const consumer::FoldedChange& folded) {
  const auto* accepted = std::get_if<fold::Accepted>(&folded.judgement);
  if (accepted == nullptr) return false;
  const bool by_time = begins_period(folded.appended);
  const std::uint64_t seq = accepted->version.seq.value();
  return by_time || (settings_.changes > 0 && seq % settings_.changes == 0) ||
         (settings_.octets > 0 && draws(folded.after.chain, folded.octets, settings_.octets));
}

}  // namespace tidemark::producer
