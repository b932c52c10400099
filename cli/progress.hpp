// Progress of something long, as one line on standard error that is written again and again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/session.hpp"

namespace tidemark::cli {

class Progress {
 public:
  Progress(const Session& session, std::string what);
  ~Progress();  // ends the line, if there is one
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done, std::uint64_t total);  // at most ten times a second

 private:
  const bool shown_;
  const std::string what_;
  bool begun_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace tidemark::cli
