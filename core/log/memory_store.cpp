#include "core/log/memory_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/check.hpp"

namespace tidemark::log {

MemoryStore::Held::Held(std::atomic_flag& flag) noexcept : flag_(flag) {
  while (flag_.test_and_set(std::memory_order_acquire)) {
    flag_.wait(true, std::memory_order_relaxed);
  }
}

MemoryStore::Held::~Held() {
  flag_.clear(std::memory_order_release);
  flag_.notify_one();
}

MemoryStore::MemoryStore(MemoryStoreSettings settings) : settings_(std::move(settings)) {}
MemoryStore::~MemoryStore() = default;

MemoryStore::Topic* MemoryStore::find(std::string_view topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

MemoryStore::Topic& MemoryStore::named(std::string_view topic) const {
  Topic* const found = find(topic);
  TIDEMARK_CHECK(found != nullptr, "a fault names a topic that exists");
  return *found;
}

base::Result<void> MemoryStore::create(const std::vector<TopicSettings>& wanted) {
  const Held held(busy_);
  for (const TopicSettings& settings : wanted) {
    if (find(settings.name) == nullptr) topics_[settings.name].settings = settings;
  }
  return {};
}

base::Result<Bounds> MemoryStore::bounds(std::string_view topic) const {
  const Held held(busy_);
  const Topic* const found = find(topic);
  if (found == nullptr) {
    return base::fail(base::Errc::NotFound, "topic " + std::string(topic) + " does not exist");
  }
  return Bounds{Offset{found->first}, Offset{found->visible}};
}

std::int64_t MemoryStore::append(Topic& topic, Draft draft) {
  if (settings_.now) topic.appended = std::max(topic.appended, settings_.now().value());
  const std::int64_t offset = topic.next++;
  topic.records.push_back(Record{.offset = Offset{offset},
                                 .appended = AppendTime{topic.appended},
                                 .key = std::move(draft.key),
                                 .value = std::move(draft.value),
                                 .tombstone = draft.tombstone,
                                 .headers = std::move(draft.headers)});
  if (!topic.stalled) topic.visible = topic.next;
  trim(topic);
  return offset;
}

void MemoryStore::trim(Topic& topic) {
  if (topic.settings.retention_ms >= 0) {
    const std::int64_t oldest = topic.appended - topic.settings.retention_ms;
    while (topic.records.size() > 1 && topic.records.front().appended.value() < oldest) {
      topic.records.pop_front();
      topic.first = topic.records.front().offset.value();
    }
  }
  if (topic.settings.cleanup != Cleanup::Delete && topic.records.size() >= topic.compact_at) {
    compact_records(topic);
    topic.compact_at = std::max<std::size_t>(1024, 2 * topic.records.size());
  }
}

void MemoryStore::compact_records(Topic& topic) {
  std::set<std::string_view> seen;
  std::deque<Record> kept;
  for (auto record = topic.records.rbegin(); record != topic.records.rend(); ++record) {
    if (seen.insert(record->key).second) kept.push_front(*record);
  }
  topic.records = std::move(kept);
}

void MemoryStore::ring(std::string_view topic) const {
  for (const Listener& listener : listeners_) {
    if (listener.topic == topic) listener.bell->ring();
  }
}

void MemoryStore::truncate(std::string_view topic, Offset next) {
  const Held held(busy_);
  Topic& cut = named(topic);
  while (!cut.records.empty() && cut.records.back().offset >= next) cut.records.pop_back();
  cut.next = std::min(cut.next, next.value());
  cut.visible = std::min(cut.visible, cut.next);
  cut.first = std::min(cut.first, cut.next);
  cut.cuts.push_back(Cut{++cut.epoch, cut.next});
  ring(topic);
}

void MemoryStore::duplicate_last(std::string_view topic) {
  const Held held(busy_);
  Topic& twice = named(topic);
  TIDEMARK_CHECK(!twice.records.empty(), "there is a record to duplicate");
  const Record& last = twice.records.back();
  append(twice, Draft{last.key, last.value, last.tombstone, last.headers});
  ring(topic);
}

void MemoryStore::recreate(std::string_view topic) {
  const Held held(busy_);
  Topic& anew = named(topic);
  anew.records.clear();
  anew.first = anew.next = anew.visible = 0;
  anew.cuts.push_back(Cut{++anew.epoch, 0});
  ring(topic);
}

void MemoryStore::retain_from(std::string_view topic, Offset first) {
  const Held held(busy_);
  Topic& retained = named(topic);
  while (!retained.records.empty() && retained.records.front().offset < first) {
    retained.records.pop_front();
  }
  retained.first = std::max(retained.first, std::min(first.value(), retained.next));
  retained.visible = std::max(retained.visible, retained.first);
  ring(topic);
}

void MemoryStore::stall(std::string_view topic) {
  const Held held(busy_);
  named(topic).stalled = true;
}

void MemoryStore::unstall(std::string_view topic) {
  const Held held(busy_);
  Topic& again = named(topic);
  again.stalled = false;
  again.visible = again.next;
  ring(topic);
}

void MemoryStore::fail_next_append(std::string_view topic, AppendFault fault) {
  const Held held(busy_);
  named(topic).faults.push_back(fault);
}

void MemoryStore::compact(std::string_view topic) {
  const Held held(busy_);
  compact_records(named(topic));
}

}  // namespace tidemark::log
