// FileFetch: gets one snapshot file from one source, part by part with Range requests, and goes on
// where an earlier fetch broke off.
//
// Parts begin small and double while they come: a broken transfer loses little, a good line few
// round trips. What arrives is believed to be nothing but octets; Ladder judges the whole.
//
// Threads  One; it waits for the answers that `ask` waits for.
// Errors   run(): Unavailable: the source cannot go on (closed, timed out, 5xx); Conflict: it has
//          not this file, or another length of it; the disk's. `busy_for` is set with 429 and 503.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "consumer/bootstrap/file_parts.hpp"
#include "consumer/bootstrap/snapshot_source.hpp"
#include "core/base/environment.hpp"
#include "net/http_client.hpp"

namespace tidemark::consumer {

// A blocking exchange; in tests whatever answers.
using Ask =
    std::function<base::Result<net::HttpResponse>(net::HttpCall, std::chrono::milliseconds)>;

constexpr std::size_t part_octets_min = 256 * 1024, part_octets_max = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds listing_deadline = std::chrono::seconds(3);
constexpr std::chrono::milliseconds part_deadline = std::chrono::seconds(60);

struct CallTerms {  // the same for all calls
  std::string ca_file{};
};
net::HttpCall call_to(const SnapshotSource& source, const std::string& page,
                      const CallTerms& terms);
// How long a 429 or 503 asks us to stay away.
std::chrono::nanoseconds retry_after(const net::HttpResponse& response);

class FileFetch {
 public:
  struct Ports {
    base::Disk& disk;
    const Ask& ask;
    const CallTerms& terms;
    std::function<void(std::uint64_t octets_had)> progress;  // also of what was there already
  };
  explicit FileFetch(Ports ports) : ports_(std::move(ports)) {}

  // All octets are in `parts` afterwards.
  [[nodiscard]] base::Result<void> run(const SnapshotSource& source, const ListedFile& file,
                                       FileParts& parts);
  std::optional<std::chrono::nanoseconds> busy_for() const noexcept { return busy_for_; }
  std::uint64_t octets_received() const noexcept { return received_; }

 private:
  base::Result<std::string> part(const SnapshotSource& source, const ListedFile& file,
                                 std::uint64_t first, std::uint64_t end);

  Ports ports_;
  std::optional<std::chrono::nanoseconds> busy_for_;
  std::uint64_t received_ = 0;
};

}  // namespace tidemark::consumer
