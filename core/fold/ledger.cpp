#include "core/fold/ledger.hpp"

#include <algorithm>

namespace tidemark::fold {

namespace {

constexpr std::uint8_t no_reason = 0xff;

base::Result<Remembered> read_change(base::Reader& in) {
  const auto high = in.take_u64(), low = in.take_u64(), offset = in.take_u64(), seq = in.take_u64();
  const auto reason = in.take_u8();
  if (!high || !low || !offset || !seq || !reason) {
    return base::fail(base::Errc::Invalid, "ledger: cut short in a change");
  }
  if (*reason != no_reason && *reason > std::to_underlying(reason_last)) {
    return base::fail(base::Errc::Invalid, "ledger: unknown reason code");
  }
  Remembered change{event::ChangeId({*high, *low}), static_cast<std::int64_t>(*offset), *seq, {}};
  if (*reason != no_reason) change.reason = static_cast<Reason>(*reason);
  return change;
}

}  // namespace

std::optional<Remembered> Ledger::find(event::ChangeId change_id) const {
  const auto place = place_.find(change_id.value());
  if (place == place_.end()) return std::nullopt;
  return order_[place->second - forgotten_];
}

std::uint64_t Ledger::epoch_of(const std::string& author) const {
  const auto found = epochs_.find(author);
  return found == epochs_.end() ? 0 : found->second;
}

void Ledger::note(const Remembered& change) {
  if (order_.size() == remembered_changes_max) {
    place_.erase(order_.front().change_id.value());
    order_.pop_front();
    ++forgotten_;
  }
  place_.emplace(change.change_id.value(), forgotten_ + order_.size());
  order_.push_back(change);
}

void Ledger::note_epoch(const std::string& author, std::uint64_t epoch) {
  if (epoch == 0) return;
  std::uint64_t& highest = epochs_[author];
  highest = std::max(highest, epoch);
}

base::Bytes Ledger::to_octets() const {
  base::Writer out;
  out.put_u32(static_cast<std::uint32_t>(order_.size()));
  for (const Remembered& change : order_) {
    out.put(base::to_octets(change.change_id.value()));
    out.put_u64(static_cast<std::uint64_t>(change.offset));
    out.put_u64(change.seq);
    out.put_u8(change.reason ? std::to_underlying(*change.reason) : no_reason);
  }
  out.put_u32(static_cast<std::uint32_t>(epochs_.size()));
  for (const auto& [author, epoch] : epochs_) {
    out.put_u16(static_cast<std::uint16_t>(author.size()));
    out.put(author);
    out.put_u64(epoch);
  }
  return std::move(out).take();
}

base::Result<Ledger> Ledger::from_octets(base::ByteView octets) {
  base::Reader in(octets);
  Ledger ledger;
  const auto changes = in.take_u32();
  if (!changes || *changes > remembered_changes_max) {
    return base::fail(base::Errc::Invalid, "ledger: too many changes");
  }
  for (std::uint32_t i = 0; i < *changes; ++i) {
    TIDEMARK_TRY(const Remembered change, read_change(in));
    if (ledger.find(change.change_id)) {
      return base::fail(base::Errc::Invalid, "ledger: one change id stands there twice");
    }
    ledger.note(change);
  }
  const auto authors = in.take_u32();
  if (!authors || *authors > authors_max) {
    return base::fail(base::Errc::Invalid, "ledger: too many authors");
  }
  for (std::uint32_t i = 0; i < *authors; ++i) {
    const auto length = in.take_u16();
    const auto author = length ? in.take(*length) : std::nullopt;
    const auto epoch = in.take_u64();
    if (!author || !epoch) return base::fail(base::Errc::Invalid, "ledger: cut short in an author");
    ledger.note_epoch(std::string(base::as_text(*author)), *epoch);
  }
  if (!in.at_end()) return base::fail(base::Errc::Invalid, "ledger: octets left over");
  return ledger;
}

}  // namespace tidemark::fold
