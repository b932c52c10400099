// LateSource, LateSink: a topic that may not be there yet.
//
// A node that holds a snapshot file serves, and a controller takes changes, whether or not the log
// can be reached. These stand in until the topic can be opened: a Source that says Unavailable, a
// Sink that takes nothing. They try again by themselves when they are used, not more often than
// reopen_pause; from then on they are that Source or Sink.
//
// Threads   One. bell() changes when the topic opens.
// Requires  What `open` asks, and the Clock, outlive them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::consumer {

constexpr std::chrono::milliseconds reopen_pause{250};

struct LateTerms {
  enum class Opens : std::uint8_t { AtOnce, WhenAllowed };  // allowed: created and verified
  Opens opens = Opens::AtOnce;
  std::chrono::nanoseconds quiet_for{0};  // Unavailable is not said before: a start takes its time
};

class LateSource final : public log::Source {
 public:
  using Open = std::function<base::Result<std::unique_ptr<log::Source>>()>;
  LateSource(base::Clock& clock, Open open, LateTerms terms = {})
      : clock_(clock),
        open_(std::move(open)),
        quiet_for_(terms.quiet_for),
        made_(clock.steady()),
        allowed_(terms.opens == LateTerms::Opens::AtOnce) {}

  void allow() noexcept { allowed_ = true; }
  bool is_open() const noexcept { return source_ != nullptr; }
  base::Result<void> start(log::Offset from) override;
  base::Result<log::Drained> drain(std::size_t records_max) override;
  std::optional<log::Bounds> bounds() const override;
  int bell() const override { return source_ ? source_->bell() : -1; }

 private:
  base::Result<void> try_open();
  base::Result<void> open_now();

  base::Clock& clock_;
  Open open_;
  std::unique_ptr<log::Source> source_;
  std::optional<log::Offset> from_;
  const std::chrono::nanoseconds quiet_for_, made_;
  std::chrono::nanoseconds next_try_{0};
  bool allowed_;
  std::string told_;  // each reason is told once
};

class LateSink final : public log::Sink {
 public:
  using Open = std::function<base::Result<std::unique_ptr<log::Sink>>()>;
  LateSink(base::Clock& clock, Open open, LateTerms terms = {})
      : clock_(clock), open_(std::move(open)), allowed_(terms.opens == LateTerms::Opens::AtOnce) {}

  void allow() noexcept { allowed_ = true; }
  base::Result<void> append(log::Ticket ticket, log::Draft draft) override;
  base::Result<void> append_batch(log::Ticket first_ticket,
                                  std::vector<log::Draft> drafts) override;
  std::vector<log::Completion> completions() override;
  int bell() const override { return sink_ ? sink_->bell() : -1; }

 private:
  base::Result<void> try_open();

  base::Clock& clock_;
  Open open_;
  std::unique_ptr<log::Sink> sink_;
  std::chrono::nanoseconds next_try_{0};
  bool allowed_;
};

}  // namespace tidemark::consumer
