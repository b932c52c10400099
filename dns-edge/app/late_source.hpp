// LateSource: a Source of a topic that may not be there yet.
//
// A node with a snapshot file serves before its log exists or can be opened. Until the log gives a
// Source this one says Unavailable and tries again at each drain(), not more often than
// open_retry; from then on it is that Source.
//
// Threads   As core/log/log.hpp. bell() changes when the Source opens.
// Requires  The Log and the Clock outlive it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::edge {

constexpr std::chrono::milliseconds open_retry{250};

class LateSource final : public log::Source {
 public:
  LateSource(log::Log& log, std::string topic, base::Clock& clock);

  base::Result<void> start(log::Offset from) override;
  base::Result<log::Drained> drain(std::size_t records_max) override;
  std::optional<log::Bounds> bounds() const override;
  int bell() const override;

  bool is_open() const noexcept { return source_ != nullptr; }

 private:
  base::Result<void> open();

  log::Log& log_;
  const std::string topic_;
  base::Clock& clock_;
  std::unique_ptr<log::Source> source_;
  std::optional<log::Offset> from_;
  std::optional<std::chrono::nanoseconds> tried_;
  std::string told_;
};

}  // namespace tidemark::edge
