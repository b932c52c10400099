// Guarded<T>: a lock that holds what it guards, so that it cannot be forgotten.
//
//   Guarded<EdgeStatus> status;
//   status.with([&](EdgeStatus& now) { now.offset = offset; });
//
// Threads  with(), copy(): any. Never waits for anything but the lock: do little inside.
#pragma once

#include <mutex>
#include <utility>

namespace tidemark::edge {

template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class Use>
  decltype(auto) with(Use&& use) {
    const std::lock_guard held(lock_);
    return std::forward<Use>(use)(value_);
  }
  T copy() {
    return with([](const T& value) { return value; });
  }

 private:
  std::mutex lock_;
  T value_{};
};

}  // namespace tidemark::edge
