// ChainCheck: is a snapshot file of this log? Reads the record that the file was folded to last and
// compares its hash, before the file is used. (The Feeder's overlap read does so again.) A log that
// begins right behind that record, by its offset, and has the same identity, is the same log too.
//
// Threads  One; nothing here waits: step() until it knows.
// Errors   Verdict Unknown for as long as the log cannot be reached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/hash.hpp"
#include "core/log/log.hpp"

namespace tidemark::consumer {

class ChainCheck {
 public:
  enum class Verdict : std::uint8_t { Unknown, Same, Other };

  // `identity`: of the log that the file was folded from; empty: not known.
  ChainCheck(log::Log& log, std::string topic, std::int64_t offset, base::Sha256 last_record,
             std::string identity);

  Verdict step();
  const std::string& why() const noexcept { return why_; }  // Other, or what is waited for

 private:
  bool begins_behind() const;
  Verdict judge(const log::Record& record);
  Verdict other(std::string why);

  log::Log& log_;
  const std::string topic_;
  const std::int64_t offset_;
  const base::Sha256 last_record_;
  const std::string identity_;
  std::unique_ptr<log::Source> source_;
  Verdict verdict_ = Verdict::Unknown;
  std::string why_;
};

}  // namespace tidemark::consumer
