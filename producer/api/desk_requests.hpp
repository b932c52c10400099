// The inside of Desk: what it keeps of a request on each step of its way.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "producer/api/desk.hpp"

namespace tidemark::producer {

struct Desk::Waiter {
  net::Respond respond;
  std::optional<std::chrono::seconds> wait;
  std::chrono::nanoseconds since;
  std::chrono::nanoseconds deadline;
  WaitTarget wait_on{};
};
struct Desk::Group {
  event::ChangeId id;
  std::string object;
  std::string key;
  base::Sha256 request;
  Condition condition;
  std::string diff;
  std::vector<std::string> warnings;
  std::vector<Waiter> waiters;
  std::optional<Judged> judged;
};
struct Desk::Parked {
  ReadWish wish;
  Terms terms;
  net::Respond respond;
  std::chrono::nanoseconds since;
};
struct Desk::Acking {
  net::Respond respond;
  Success success;
  std::chrono::nanoseconds deadline;
  WaitTarget wait_on;
};

}  // namespace tidemark::producer
