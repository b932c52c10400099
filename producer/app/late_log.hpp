// LateSource, LateSink: a topic that may not be there yet.
//
// The controller starts and serves whether or not the log can be reached. These stand in until the
// topic can be opened: a Source that says Unavailable, a Sink that takes nothing. They try again by
// themselves when they are used, once the owner allowed it: the topics are created and verified.
//
// Threads  One.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::producer {

constexpr std::chrono::milliseconds reopen_pause{250};
constexpr std::chrono::milliseconds unavailable_after{1000};  // a start takes its time

class LateSource final : public log::Source {
 public:
  using Open = std::function<base::Result<std::unique_ptr<log::Source>>()>;
  LateSource(base::Clock& clock, Open open)
      : clock_(clock), open_(std::move(open)), made_(clock.steady()) {}

  void allow() noexcept { allowed_ = true; }
  base::Result<void> start(log::Offset from) override;
  base::Result<log::Drained> drain(std::size_t records_max) override;
  std::optional<log::Bounds> bounds() const override;
  int bell() const override { return source_ ? source_->bell() : -1; }

 private:
  base::Result<void> try_open();

  base::Clock& clock_;
  Open open_;
  std::unique_ptr<log::Source> source_;
  std::optional<log::Offset> from_;
  const std::chrono::nanoseconds made_;
  std::chrono::nanoseconds next_try_{0};
  bool allowed_ = false;
  bool told_ = false;
};

class LateSink final : public log::Sink {
 public:
  using Open = std::function<base::Result<std::unique_ptr<log::Sink>>()>;
  LateSink(base::Clock& clock, Open open) : clock_(clock), open_(std::move(open)) {}

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
  bool allowed_ = false;
};

}  // namespace tidemark::producer
