// One client's connection to a MemoryStore: the log port's memory form.
//
// What it does to its client beside serving it is asked for by name: lose_connection() (a blip:
// each Source says Overlap), go_offline() and go_online() (an outage: Sources say Unavailable once
// and hand nothing out, Sinks queue). It stands for a real process's log too (`tidemark serve`),
// then with bells.
//
// Threads  As log.hpp; the connection's own calls from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "core/log/memory_store.hpp"

namespace tidemark::log {

constexpr std::size_t memory_sink_queue_max = 10'000;  // drafts that wait while offline

class MemoryLog final : public Log {
 public:
  explicit MemoryLog(std::shared_ptr<MemoryStore> store);
  // A store of its own.
  explicit MemoryLog(MemoryStoreSettings settings = {});
  ~MemoryLog() override;

  std::string identity() const override;
  base::Result<std::unique_ptr<Source>> source(std::string_view topic) override;
  base::Result<std::unique_ptr<Sink>> sink(std::string_view topic) override;
  base::Result<std::vector<Difference>> check(const std::vector<TopicSettings>& wanted) override;
  base::Result<void> create(const std::vector<TopicSettings>& wanted) override;

  MemoryStore& store() noexcept { return *store_; }
  void lose_connection();
  void go_offline();
  void go_online();

  struct Link {  // shared with the Sources and Sinks of this connection
    std::atomic<bool> online{true};
    std::atomic<std::uint64_t> lost{0};
  };

 private:
  void ring_all();
  std::shared_ptr<MemoryStore> store_;
  std::shared_ptr<Link> link_;
};

}  // namespace tidemark::log
