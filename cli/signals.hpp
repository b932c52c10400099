// Signals as something to wait for, so that what runs in the foreground ends in order.
//
// Requires  Made before any other thread, so that all threads inherit the mask.
#pragma once

#include <chrono>
#include <initializer_list>
#include <vector>

namespace tidemark::cli {

class Signals {
 public:
  explicit Signals(std::initializer_list<int> numbers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  int take();  // the next one that came; 0 if none
  // The next one that comes within `patience`; 0 if none.
  int wait(std::chrono::milliseconds patience);

 private:
  int descriptor_;
};

}  // namespace tidemark::cli
