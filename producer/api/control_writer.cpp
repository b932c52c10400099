#include "producer/api/control_writer.hpp"

#include <algorithm>

#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;
using Stage = Saying::Stage;

constexpr std::chrono::nanoseconds send_pause = 200ms;
// No completion for so long: taken as lost. Above the time-outs of every log form.
constexpr std::chrono::nanoseconds completion_within = 60s;

}  // namespace

Said ControlWriter::say(std::string key, const std::optional<event::ControlRecord>& record,
                        Zeal zeal) {
  for (Entry& before : entries_) {
    if (before.saying->key == key) before.zeal = Zeal::Once;
    if (before.saying->key == key && before.saying->stage == Stage::Sending) {
      before.saying->stage = Stage::Failed;
    }
  }
  const auto now = clock_.steady();
  entries_.push_back({.saying = std::make_shared<Saying>(std::move(key)),
                      .value = record ? schemas::encode(*record) : base::Bytes(),
                      .tombstone = !record,
                      .zeal = zeal});
  const Said said = entries_.back().saying;
  send(entries_.back(), now);
  return said;
}

void ControlWriter::send(Entry& entry, std::chrono::nanoseconds now) {
  log::Draft draft;
  draft.key = entry.saying->key;
  draft.value = entry.value;
  draft.tombstone = entry.tombstone;
  const log::Ticket ticket(++tickets_);
  if (!control_.append(ticket, std::move(draft))) return fail(entry, now);
  entry.ticket = ticket.value();
  entry.saying->stage = Stage::UnderWay;
  entry.since = now;
}

// The same again does no harm: the newest record of a key counts, of decisions the first.
void ControlWriter::fail(Entry& entry, std::chrono::nanoseconds now) {
  const bool again = entry.zeal == Zeal::Again || (entry.was_read_back && entry.zeal != Zeal::Once);
  entry.saying->stage = again ? Stage::Sending : Stage::Failed;
  entry.since = now + send_pause;
}

void ControlWriter::hear(std::vector<std::string>& remarks, std::chrono::nanoseconds now) {
  for (const log::Completion& completion : control_.completions()) {
    const auto at = std::ranges::find(entries_, completion.ticket.value(), &Entry::ticket);
    if (at == entries_.end() || at->saying->stage != Stage::UnderWay) continue;
    if (completion.outcome == log::Completion::Outcome::Persisted) {
      at->saying->stage = Stage::InLog;
      at->saying->offset = completion.offset.value();
    } else {
      remarks.push_back("control: the log did not take " + at->saying->key + ": " +
                        completion.detail);
      fail(*at, now);
    }
  }
}

void ControlWriter::look(Entry& entry, const consumer::ControlView& view,
                         std::vector<std::string>& remarks, std::chrono::nanoseconds now) {
  Saying& saying = *entry.saying;
  const std::int64_t newest = view.newest_of(saying.key);
  if (newest > saying.offset) entry.zeal = Zeal::Once;  // somebody has spoken since
  if (newest >= saying.offset) {
    if (saying.stage == Stage::InLog) entry.since = now;
    saying.stage = Stage::ReadBack;
    entry.was_read_back = true;
    return;
  }
  // The view has come by and it is not there, or the view was there once and has gone back.
  if (view.offset() < saying.offset && saying.stage != Stage::ReadBack) return;
  if (entry.zeal == Zeal::Once) {
    saying.stage = Stage::Failed;
    return;
  }
  remarks.push_back("control: the log has lost " + saying.key + " at offset " +
                    std::to_string(saying.offset) + ": it is said again");
  entry.was_read_back = true;
  saying.offset = -1;
  send(entry, now);
}

bool ControlWriter::is_over(const Entry& entry, std::chrono::nanoseconds now) const {
  switch (entry.saying->stage) {
    case Stage::Sending:  return !entry.was_read_back && entry.saying.use_count() == 1;
    case Stage::ReadBack: return entry.zeal == Zeal::Once || now - entry.since > control_kept_for;
    case Stage::Failed:   return true;
    default:              return false;
  }
}

std::vector<std::string> ControlWriter::step(const consumer::ControlView* view) {
  std::vector<std::string> remarks;
  const auto now = clock_.steady();
  hear(remarks, now);
  for (Entry& entry : entries_) {
    const Stage stage = entry.saying->stage;
    if (stage == Stage::UnderWay && now - entry.since > completion_within) fail(entry, now);
    if (view != nullptr && (stage == Stage::InLog || stage == Stage::ReadBack)) {
      look(entry, *view, remarks, now);
    }
  }
  std::erase_if(entries_, [&](const Entry& entry) { return is_over(entry, now); });
  for (Entry& entry : entries_) {
    if (entry.saying->stage == Stage::Sending && now >= entry.since) send(entry, now);
  }
  forget_what_is_too_much();
  return remarks;
}

void ControlWriter::forget_what_is_too_much() {
  std::size_t kept = 0, octets = 0;
  for (auto at = entries_.end(); at != entries_.begin();) {
    --at;
    if (at->saying->stage != Stage::ReadBack) continue;
    octets += at->value.size();
    if (++kept > control_kept_max || octets > control_kept_octets_max) at = entries_.erase(at);
  }
}

}  // namespace tidemark::producer
