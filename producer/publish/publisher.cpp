#include "producer/publish/publisher.hpp"

#include <algorithm>

#include "producer/publish/envelope.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {

Publisher::Publisher(PublisherSettings settings, base::Clock& clock, Outbox& outbox,
                     log::Sink& sink)
    : settings_(std::move(settings)), clock_(clock), outbox_(outbox), sink_(sink) {}

PublishReport Publisher::step() {
  PublishReport report;
  const auto now = clock_.steady();
  take_completions(report, now);
  give_up_waiting(now);
  if (tickets_.empty() && now >= not_before_) send(report, now);
  if (!outbox_.entries().empty()) {
    report.call_again_in = tickets_.empty() && now < not_before_
                               ? not_before_ - now
                               : std::chrono::nanoseconds(std::chrono::seconds(1));
  }
  return report;
}

void Publisher::take_completions(PublishReport& report, std::chrono::nanoseconds now) {
  for (const log::Completion& completion : sink_.completions()) {
    const auto ticket = tickets_.find(completion.ticket.value());
    if (ticket == tickets_.end()) continue;  // given up before
    const auto entry = sent_.find(ticket->second);
    tickets_.erase(ticket);
    if (completion.outcome == log::Completion::Outcome::Persisted) {
      ++report.persisted;
      failures_ = 0;
      if (entry == sent_.end()) continue;  // the fold was quicker
      entry->second.offset = completion.offset;
      entry->second.since = now;
      continue;
    }
    if (entry != sent_.end()) sent_.erase(entry);
    fail(report, now,
         completion.outcome == log::Completion::Outcome::Unknown
             ? "not known whether a change is in the log, it is sent again: " + completion.detail
             : "the log did not take a change, it is sent again: " + completion.detail);
  }
}

void Publisher::give_up_waiting(std::chrono::nanoseconds now) {
  std::erase_if(sent_, [&](const auto& one) {
    const Sent& sent = one.second;
    const auto within = sent.offset ? settings_.judged_within : settings_.completion_within;
    return now - sent.since > within;
  });
  std::erase_if(tickets_, [&](const auto& ticket) { return !is_sent(ticket.second); });
}

void Publisher::send(PublishReport& report, std::chrono::nanoseconds now) {
  std::vector<log::Draft> drafts;
  std::vector<std::uint64_t> numbers;
  std::size_t octets = 0;
  for (const OutboxEntry& entry : outbox_.entries()) {
    if (is_sent(entry.number)) continue;
    if (drafts.size() == settings_.batch_records_max ||
        (!drafts.empty() && octets + entry.octets > settings_.batch_octets_max)) {
      break;
    }
    auto record = outbox_.record(entry.number);
    if (!record) {
      fail(report, now, std::move(record).error().trail);
      return;
    }
    octets += record->size();
    drafts.push_back(envelope(settings_.source, entry.outline, *std::move(record)));
    numbers.push_back(entry.number);
  }
  if (drafts.empty()) return;
  const log::Ticket first(next_ticket_);
  const auto taken = drafts.size() == 1 ? sink_.append(first, std::move(drafts.front()))
                                        : sink_.append_batch(first, std::move(drafts));
  if (!taken) {
    fail(report, now, taken.error().trail);
    return;
  }
  for (const std::uint64_t number : numbers) {
    tickets_.emplace(next_ticket_++, number);
    sent_.insert_or_assign(number, Sent{number, std::nullopt, now});
  }
  report.sent = numbers.size();
}

bool Publisher::is_sent(std::uint64_t number) const { return sent_.contains(number); }

void Publisher::fail(PublishReport& report, std::chrono::nanoseconds now, std::string remark) {
  auto pause = settings_.retry_first;
  for (std::size_t i = 0; i < failures_ && pause < settings_.retry_last; ++i) pause *= 2;
  if (now >= not_before_) ++failures_;  // a batch that failed as a whole counts once
  not_before_ = now + std::min(pause, settings_.retry_last);
  if (std::ranges::find(report.remarks, remark) == report.remarks.end()) {
    report.remarks.push_back(std::move(remark));
  }
}

void Publisher::folded(event::ChangeId change_id) {
  const auto& entries = outbox_.entries();
  const auto entry = std::ranges::find(entries, change_id, &OutboxEntry::change_id);
  if (entry == entries.end()) return;
  sent_.erase(entry->number);
  failures_ = 0;
  outbox_.settle(change_id);
}

void Publisher::passed(log::Offset offset) {
  std::erase_if(sent_,
                [&](const auto& one) { return one.second.offset && *one.second.offset <= offset; });
}

}  // namespace tidemark::producer
