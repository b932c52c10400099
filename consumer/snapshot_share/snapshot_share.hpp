// SnapshotShare: snapshot files as others fetch them: the list, one file by ranges, and no more
// downloads at once than the node can bear. Controllers and edges answer these routes alike:
//
//   GET /v1/snapshots           {"snapshots": [{"sha256", "octets", "seq", "offset", "state_hash",
//                               "chain"}...]}, newest first
//   GET /v1/snapshots/{sha256}  the file; Range gives a part (206, 416), so a download that broke
//                               goes on where it was; 429 with Retry-After while all places are
//                               taken
//
// It knows nothing of folders: its owner offers what it verified and says when a file goes.
//
// Threads   One: that which answers HTTP. Sources are read by it, part by part.
// Owns      The sources that it offers. A download under way holds its own beyond withdraw().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/environment.hpp"
#include "core/base/hash.hpp"
#include "net/http.hpp"
#include "net/octet_source.hpp"

namespace tidemark::consumer {

struct SharedFile {
  base::Sha256 sha256{};
  std::uint64_t octets = 0;
  std::uint64_t seq = 0;
  std::int64_t offset = -1;
  dataset::StateHash state_hash{base::U128{}};
  base::Sha256 chain{};
  std::shared_ptr<const net::OctetSource> source{};
  std::string kept{};  // why it is kept, for people; in the list too, if it is
};
// Requires the source to be of these octets. Errors: Invalid, or what the source says.
[[nodiscard]] base::Result<SharedFile> shared_file(const base::Sha256& sha256,
                                                   std::shared_ptr<const net::OctetSource> source);

struct ShareLimits {
  std::size_t downloads_max = 4;
  std::uint64_t octets_per_second_max = 0;  // of one download; 0: no limit
  std::uint64_t retry_after_seconds = 2;    // at least; the answer adds up to as much again, drawn
};

class SnapshotShare {
 public:
  SnapshotShare(ShareLimits limits, base::Random& random) : limits_(limits), random_(random) {}

  // Replaces what is offered under the same SHA-256, and lists it.
  void offer(SharedFile file);
  // No longer in the list; who knows its name still gets it.
  void unlist(const base::Sha256& sha256);
  // Gone; downloads under way end well.
  void withdraw(const base::Sha256& sha256);

  bool is_read(const base::Sha256& sha256) const;  // a download is under way
  std::vector<SharedFile> listed() const;          // newest first

  net::HttpResponse list() const;
  net::HttpResponse file(const net::HttpRequest& request, std::string_view sha256);
  // Of a whole request, for a listener that has no other routes: 404, 405 included.
  net::HttpResponse respond(const net::HttpRequest& request);

  struct Counters {
    std::uint64_t downloads = 0;  // begun, parts included
    std::uint64_t octets = 0;     // of their answers, as begun
    std::uint64_t refused = 0;    // 429
  };
  const Counters& counters() const noexcept { return counters_; }
  std::size_t under_way() const noexcept { return static_cast<std::size_t>(all_.use_count() - 1); }

 private:
  struct Place {  // held by each download under way
    std::shared_ptr<const net::OctetSource> source;
    std::shared_ptr<const void> all, one;
  };
  struct Offered {
    SharedFile file;
    bool listed;
    std::shared_ptr<const void> readers;  // one use more for each
  };
  const Offered* find(const base::Sha256& sha256) const;
  net::HttpResponse busy();

  const ShareLimits limits_;
  base::Random& random_;
  std::vector<Offered> offered_;  // newest first
  std::shared_ptr<const void> all_ = std::make_shared<int>();
  Counters counters_;
};

}  // namespace tidemark::consumer
