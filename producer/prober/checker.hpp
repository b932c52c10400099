// Checker: the port through which a Prober asks whether a target is well. Its real form speaks TCP
// and HTTP (net_checker.hpp); its deterministic form in tests answers as scripted.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "producer/prober/target.hpp"

namespace tidemark::producer {

struct CheckResult {
  bool good;
  std::string cause{};  // of a bad one, for people: "HTTP 503 (expected 200-399)"
};

// A check under way. Destroyed, it ends, and its callback is never called.
class Attempt {
 public:
  virtual ~Attempt() = default;
};

class Checker {
 public:
  using OnResult = std::function<void(CheckResult)>;
  virtual ~Checker() = default;
  // Calls back once, soon after check.timeout_ms at the latest, on the caller's thread and never
  // from inside this call. The callback may destroy the Attempt.
  virtual std::unique_ptr<Attempt> start(const Target& target, OnResult on_result) = 0;
};

}  // namespace tidemark::producer
