// SnapshotListener: this node's snapshot files for its peers, over HTTP, on an address and a thread
// of their own: GET /v1/snapshots and /v1/snapshots/{sha256} (consumer/snapshot_share), nothing
// else. Reading only, four downloads at once, 429 for the rest.
//
// The newest file is listed, but not a newer one each moment: what is listed stays to be had for
// some minutes, so that a download by parts on a thin line ends. Files are held open; the folder
// may lose them meanwhile.
//
// Threads   Made and destroyed by one thread, which calls offer(); it runs its own.
// Requires  The Random outlives it and serves any thread.
// Errors    start(): Unavailable, naming the address. A file that cannot be read, or is damaged, is
//           not offered.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/environment.hpp"
#include "core/base/result.hpp"
#include "net/address.hpp"

namespace tidemark::edge {

class SnapshotListener {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<SnapshotListener>> start(
      const net::SocketAddress& address, base::Random& random);
  ~SnapshotListener();  // closes the listener, ends the thread
  SnapshotListener(const SnapshotListener&) = delete;
  SnapshotListener& operator=(const SnapshotListener&) = delete;

  // A snapshot file that is durable, by its path; `sha256` in 64 digits.
  void offer(std::string path, std::string sha256);

  net::SocketAddress address() const;
  struct Counters {
    std::uint64_t downloads = 0, octets = 0, refused = 0;
  };
  Counters counters() const;

 private:
  struct Inner;
  explicit SnapshotListener(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::edge
