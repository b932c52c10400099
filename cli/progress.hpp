// Progress of something long, as one line on standard error that is written again and again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/session.hpp"

namespace tidemark::cli {

class Progress {
 public:
  // `unit`: of what is counted, "changes"; then the rate and the time left are shown too.
  Progress(const Session& session, std::string what, std::string unit = {});
  ~Progress();  // ends the line, if there is one
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done, std::uint64_t total);  // at most ten times a second

 private:
  const bool shown_;
  const std::string what_;
  const std::string unit_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  bool begun_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace tidemark::cli
