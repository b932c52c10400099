#include "cli/progress.hpp"

#include <cstdio>

namespace tidemark::cli {

Progress::Progress(const Session& session, std::string what, std::string unit)
    : shown_(session.shows_progress()), what_(std::move(what)), unit_(std::move(unit)) {}

Progress::~Progress() {
  if (begun_) (void)std::fputc('\n', stderr);
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  const bool last = done == total;
  if (!shown_ || (!last && now - last_ < std::chrono::milliseconds(100))) return;
  last_ = now;
  begun_ = true;
  const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
  (void)std::fprintf(stderr, "\r%s: %llu %%", what_.c_str(),
                     static_cast<unsigned long long>(percent));
  const double seconds = std::chrono::duration<double>(now - since_).count();
  if (!unit_.empty() && done > 0 && seconds >= 0.5) {
    const double rate = static_cast<double>(done) / seconds;
    (void)std::fprintf(stderr, ", %.0f %s/s, %.0f s left   ", rate, unit_.c_str(),
                       static_cast<double>(total - done) / rate);
  }
  (void)std::fflush(stderr);
}

}  // namespace tidemark::cli
