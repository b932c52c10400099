#include "core/log/memory_log.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace tidemark::log {

class MemorySource final : public Source {
 public:
  MemorySource(std::shared_ptr<MemoryStore> store, std::shared_ptr<MemoryLog::Link> link,
               std::string_view topic)
      : store_(std::move(store)), link_(std::move(link)), topic_(topic) {
    if (store_->settings_.make_bell) bell_ = store_->settings_.make_bell();
    const MemoryStore::Held held(store_->busy_);
    if (bell_) store_->listeners_.push_back({topic_, bell_.get()});
  }
  ~MemorySource() override {
    const MemoryStore::Held held(store_->busy_);
    std::erase_if(store_->listeners_, [&](const auto& each) { return each.bell == bell_.get(); });
  }

  base::Result<void> start(Offset from) override {
    const MemoryStore::Held held(store_->busy_);
    position_ = from.value();
    epoch_ = store_->named(topic_).epoch;
    lost_ = link_->lost;
    silent_ = contacted_ = caught_up_ = told_unavailable_ = false;
    if (bell_) bell_->ring();
    return {};
  }

  base::Result<Drained> drain(std::size_t records_max) override {
    if (bell_) bell_->hush();
    const MemoryStore::Held held(store_->busy_);
    Drained drained;
    if (silent_) return drained;
    if (!link_->online) {
      if (!std::exchange(told_unavailable_, true)) {
        say(drained, Happening::Unavailable, "offline");
      }
      return drained;
    }
    told_unavailable_ = false;
    MemoryStore::Topic& topic = store_->named(topic_);
    if (epoch_ != topic.epoch || lost_ != link_->lost) {
      if (contacted_) {
        stop(drained, Happening::Overlap, "connection lost");
        return drained;
      }
      epoch_ = topic.epoch;
      lost_ = link_->lost;
    }
    bounds_ = Bounds{Offset{topic.first}, Offset{topic.visible}};
    if (position_ < topic.first || position_ > topic.next) {
      stop(drained, Happening::OutOfRange, "position " + std::to_string(position_));
      return drained;
    }
    if (!std::exchange(contacted_, true)) target_ = topic.visible;
    take(topic, records_max, drained);
    if (!caught_up_ && position_ >= target_) {
      caught_up_ = true;
      say(drained, Happening::CaughtUp, "caught up");
    }
    return drained;
  }

  std::optional<Bounds> bounds() const override { return bounds_; }
  int bell() const override { return bell_ ? bell_->descriptor() : -1; }

 private:
  static void say(Drained& drained, Happening happening, std::string detail) {
    drained.happenings.push_back(happening);
    drained.detail = std::move(detail);
  }
  void stop(Drained& drained, Happening happening, std::string detail) {
    silent_ = true;
    say(drained, happening, topic_ + ": " + std::move(detail));
  }
  void take(const MemoryStore::Topic& topic, std::size_t records_max, Drained& drained) {
    auto record = std::lower_bound(
        topic.records.begin(), topic.records.end(), position_,
        [](const Record& each, std::int64_t offset) { return each.offset.value() < offset; });
    for (; record != topic.records.end() && record->offset.value() < topic.visible; ++record) {
      if (drained.records.size() == records_max) {
        drained.more = true;
        return;
      }
      drained.records.push_back(*record);
      position_ = record->offset.value() + 1;
    }
    position_ = std::max(position_, topic.visible);  // the tail may have been compacted away
  }

  std::shared_ptr<MemoryStore> store_;
  std::shared_ptr<MemoryLog::Link> link_;
  const std::string topic_;
  std::unique_ptr<Bell> bell_;
  std::int64_t position_ = 0;
  std::int64_t target_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t lost_ = 0;
  std::optional<Bounds> bounds_;
  bool silent_ = true;  // until the next start()
  bool contacted_ = false;
  bool caught_up_ = false;
  bool told_unavailable_ = false;
};

class MemorySink final : public Sink {
 public:
  MemorySink(std::shared_ptr<MemoryStore> store, std::shared_ptr<MemoryLog::Link> link,
             std::string_view topic)
      : store_(std::move(store)), link_(std::move(link)), topic_(topic) {
    if (store_->settings_.make_bell) bell_ = store_->settings_.make_bell();
    const MemoryStore::Held held(store_->busy_);
    if (bell_) store_->listeners_.push_back({topic_, bell_.get()});
  }
  ~MemorySink() override {
    const MemoryStore::Held held(store_->busy_);
    std::erase_if(store_->listeners_, [&](const auto& each) { return each.bell == bell_.get(); });
  }

  base::Result<void> append(Ticket ticket, Draft draft) override {
    std::vector<Draft> one;
    one.push_back(std::move(draft));
    return append_batch(ticket, std::move(one));
  }

  base::Result<void> append_batch(Ticket first_ticket, std::vector<Draft> drafts) override {
    for (const Draft& draft : drafts) {
      const std::size_t octets = draft.key.size() + draft.value.size();
      if (octets > record_octets_max) {
        return base::fail(base::Errc::TooLarge, topic_ + ": a record of " + std::to_string(octets) +
                                                    " octets exceeds record_octets_max = " +
                                                    std::to_string(record_octets_max));
      }
    }
    const MemoryStore::Held held(store_->busy_);
    if (queued_ + drafts.size() > memory_sink_queue_max && !link_->online) {
      return base::fail(base::Errc::Unavailable, topic_ + ": the queue is full, try later");
    }
    queued_ += drafts.size();
    queue_.push_back(Batch{first_ticket, std::move(drafts)});
    write_queue();
    if (bell_) bell_->ring();
    return {};
  }

  std::vector<Completion> completions() override {
    if (bell_) bell_->hush();
    const MemoryStore::Held held(store_->busy_);
    write_queue();
    std::vector<Completion> done;
    const MemoryStore::Topic& topic = store_->named(topic_);
    while (!waiting_.empty() && link_->online) {
      Waiting& first = waiting_.front();
      const bool persisted = first.completion.outcome == Completion::Outcome::Persisted;
      if (persisted && cut_since(topic, first)) {
        first.completion = Completion{Completion::Outcome::Unknown, first.completion.ticket,
                                      Offset{-1}, AppendTime{-1}, "lost before acknowledged"};
      } else if (persisted && first.completion.offset.value() >= topic.visible) {
        break;
      }
      done.push_back(std::move(first.completion));
      waiting_.pop_front();
    }
    return done;
  }

  int bell() const override { return bell_ ? bell_->descriptor() : -1; }

 private:
  struct Batch {
    Ticket first_ticket;
    std::vector<Draft> drafts;
  };
  struct Waiting {  // until the high watermark passes it
    Completion completion;
    std::uint64_t epoch;
  };

  static bool cut_since(const MemoryStore::Topic& topic, const Waiting& waiting) {
    return std::ranges::any_of(topic.cuts, [&](const auto& cut) {
      return cut.epoch > waiting.epoch && cut.from <= waiting.completion.offset.value();
    });
  }

  void write_queue() {
    if (!link_->online || queue_.empty()) return;
    MemoryStore::Topic& topic = store_->named(topic_);
    for (; !queue_.empty(); queue_.pop_front()) write(topic, std::move(queue_.front()));
    queued_ = 0;
    store_->ring(topic_);
  }

  void write(MemoryStore::Topic& topic, Batch batch) {
    std::optional<AppendFault> fault;
    if (!topic.faults.empty()) {
      fault = topic.faults.front();
      topic.faults.pop_front();
    }
    std::uint64_t ticket = batch.first_ticket.value();
    for (Draft& draft : batch.drafts) {
      Completion completion{
          Completion::Outcome::Unknown, Ticket{ticket++}, Offset{-1}, AppendTime{-1}, {}};
      std::int64_t offset = -1;
      if (!fault || *fault == AppendFault::UnknownWritten) {
        offset = store_->append(topic, std::move(draft));
      }
      if (!fault) {
        completion.outcome = Completion::Outcome::Persisted;
        completion.offset = Offset{offset};
        completion.appended = AppendTime{topic.appended};
      } else if (*fault == AppendFault::NotPersisted) {
        completion.outcome = Completion::Outcome::NotPersisted;
        completion.detail = "refused by the log";
      } else {
        completion.detail = "no acknowledgement";
      }
      waiting_.push_back(Waiting{std::move(completion), topic.epoch});
    }
  }

  std::shared_ptr<MemoryStore> store_;
  std::shared_ptr<MemoryLog::Link> link_;
  const std::string topic_;
  std::unique_ptr<Bell> bell_;
  std::deque<Batch> queue_;
  std::size_t queued_ = 0;
  std::deque<Waiting> waiting_;
};

MemoryLog::MemoryLog(std::shared_ptr<MemoryStore> store)
    : store_(std::move(store)), link_(std::make_shared<Link>()) {}
MemoryLog::MemoryLog(MemoryStoreSettings settings)
    : MemoryLog(std::make_shared<MemoryStore>(std::move(settings))) {}
MemoryLog::~MemoryLog() = default;

std::string MemoryLog::identity() const { return store_->identity(); }

base::Result<std::unique_ptr<Source>> MemoryLog::source(std::string_view topic) {
  TIDEMARK_TRY([[maybe_unused]] const Bounds there, store_->bounds(topic));
  return std::make_unique<MemorySource>(store_, link_, topic);
}

base::Result<std::unique_ptr<Sink>> MemoryLog::sink(std::string_view topic) {
  TIDEMARK_TRY([[maybe_unused]] const Bounds there, store_->bounds(topic));
  return std::make_unique<MemorySink>(store_, link_, topic);
}

base::Result<std::vector<Difference>> MemoryLog::check(const std::vector<TopicSettings>& wanted) {
  std::vector<Difference> differences;
  const MemoryStore::Held held(store_->busy_);
  for (const TopicSettings& want : wanted) {
    const MemoryStore::Topic* const found = store_->find(want.name);
    if (found == nullptr) {
      differences.push_back({want.name, "exists", "yes", "no", true});
      continue;
    }
    const TopicSettings& has = found->settings;
    if (has.cleanup != want.cleanup) {
      differences.push_back(
          {want.name, "cleanup.policy", to_text(want.cleanup), to_text(has.cleanup), true});
    }
    if (has.retention_ms != want.retention_ms) {
      differences.push_back({want.name, "retention.ms", std::to_string(want.retention_ms),
                             std::to_string(has.retention_ms), false});
    }
  }
  return differences;
}

base::Result<void> MemoryLog::create(const std::vector<TopicSettings>& wanted) {
  return store_->create(wanted);
}

void MemoryLog::ring_all() {
  const MemoryStore::Held held(store_->busy_);
  for (const MemoryStore::Listener& listener : store_->listeners_) listener.bell->ring();
}
void MemoryLog::lose_connection() {
  ++link_->lost;
  ring_all();
}
void MemoryLog::go_offline() {
  link_->online = false;
  ++link_->lost;
  ring_all();
}
void MemoryLog::go_online() {
  link_->online = true;
  ring_all();
}

}  // namespace tidemark::log
