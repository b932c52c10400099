// The prober's ports in their deterministic forms: a clock moved by hand, a checker that answers
// when and what the test says.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/base/environment.hpp"
#include "producer/prober/checker.hpp"

namespace tidemark::producer {

class ManualClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override { return now_; }
  std::chrono::milliseconds wall() override { return std::chrono::milliseconds(0); }
  void advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  std::chrono::nanoseconds now_{std::chrono::seconds(100)};
};

class CountingRandom final : public base::Random {
 public:
  std::uint64_t next() override {
    return state_ = state_ * 6364136223846793005u + 1442695040888963407u;
  }

 private:
  std::uint64_t state_ = 1;
};

class ScriptedChecker final : public Checker {
 public:
  using Name = std::pair<std::string, std::string>;

  std::unique_ptr<Attempt> start(const Target& target, OnResult on_result) override {
    const Name name{target.pool, target.endpoint};
    ++started_;
    ++started_of_[name];
    under_way_[name] = std::move(on_result);
    most_ = std::max(most_, under_way_.size());
    return std::make_unique<Scripted>(*this, name);
  }

  // Answers everything that is under way; who is not in `down` is well.
  void answer_all() {
    for (auto all = under_way_; const auto& [name, on_result] : all) {
      const auto cause = down.find(name);
      on_result(cause == down.end() ? CheckResult{true} : CheckResult{false, cause->second});
    }
  }
  void answer(const Name& name, CheckResult result) {
    const OnResult on_result = under_way_.at(name);
    on_result(std::move(result));
  }

  std::map<Name, std::string> down;  // with the cause
  std::size_t started() const { return started_; }
  std::size_t started_of(const Name& name) { return started_of_[name]; }
  std::size_t under_way() const { return under_way_.size(); }
  std::size_t most_under_way() const { return most_; }

 private:
  struct Scripted final : Attempt {
    Scripted(ScriptedChecker& c, Name n) : checker(c), name(std::move(n)) {}
    ~Scripted() override { checker.under_way_.erase(name); }
    ScriptedChecker& checker;
    Name name;
  };
  std::map<Name, OnResult> under_way_;
  std::map<Name, std::size_t> started_of_;
  std::size_t started_ = 0;
  std::size_t most_ = 0;
};

}  // namespace tidemark::producer
