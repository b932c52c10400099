#include "consumer/history/replay.hpp"

#include "schemas/codec.hpp"

namespace tidemark::consumer {

base::Result<void> Replay::take(const log::Record& record, const Folded& folded) {
  const std::int64_t offset = record.offset.value();
  if (offset != state_.offset + 1) {
    return base::fail(base::Errc::OutOfRange, "offset " + std::to_string(offset) + " follows " +
                                                  std::to_string(state_.offset) +
                                                  ": records are missing");
  }
  const auto change = record.tombstone ? base::Result<event::ChangeSet>(base::fail(
                                             base::Errc::Invalid, "a record without a value"))
                                       : schemas::decode_change_set(record.value);
  if (!change) {
    if (change.error().code == base::Errc::Unsupported) return std::unexpected(change.error());
    ++state_.undecodable;
    fold::advance(state_, offset, log::record_hash(record));
    return {};
  }
  const fold::Judgement judgement = fold::step(state_, *change, offset);
  fold::advance(state_, offset, log::record_hash(record));
  return folded ? folded(record, *change, judgement) : base::Result<void>{};
}

}  // namespace tidemark::consumer
