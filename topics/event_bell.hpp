// A Bell with an eventfd: what a process that waits on descriptors gives to the memory log, and
// what the SQLite and Kafka logs ring for their own Sources and Sinks.
//
// Threads  ring() from any thread.
#pragma once

#include <memory>

#include "core/log/bell.hpp"

namespace tidemark::topics {

class EventBell final : public log::Bell {
 public:
  EventBell();
  ~EventBell() override;
  EventBell(const EventBell&) = delete;
  EventBell& operator=(const EventBell&) = delete;

  void ring() noexcept override;
  void hush() noexcept override;
  int descriptor() const noexcept override { return descriptor_; }

 private:
  int descriptor_;
};

// For MemoryStoreSettings::make_bell.
std::unique_ptr<log::Bell> make_event_bell();

}  // namespace tidemark::topics
