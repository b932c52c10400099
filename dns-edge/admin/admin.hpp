// Admin: the HTTP listener of a node, on a thread of its own: nothing that it does can slow a
// worker or the feeder.
//
//   GET /livez    200 while the process runs
//   GET /readyz   200 if a verified Snapshot is held and the node's own question to itself is
//                 answered, else 503 with the reason. The log plays no part in it.
//   GET /version  JSON: lineage, seq, staged_seq, state_hash, offset, chain, health_position,
//   state,
//                 node, workers (seq of each)
//   GET /metrics  Prometheus text
//   GET /v1/hashes  JSON: the hash tree of a version that is held, a level a page
//                 (consumer/proof/hash_page.hpp)
//   GET /why      JSON: what a question is answered with and why (dns-edge/admin/why.hpp); 503
//                 while there is no Snapshot
//
// /why answers from a share in the newest Snapshot, taken for one request: retired ones are freed
// without it, and no worker or feeder ever waits for it.
//
// Threads   Made and destroyed by one thread; it runs its own.
// Requires  What AdminPorts refers to outlives it.
// Errors    start(): Unavailable, naming the address.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "consumer/snapshot/snapshot.hpp"
#include "core/base/result.hpp"
#include "dns-edge/admin/guarded.hpp"
#include "dns-edge/admin/status.hpp"
#include "dns-edge/answer/settings.hpp"
#include "dns-edge/serve/workers.hpp"
#include "net/address.hpp"

namespace tidemark::edge {

// The newest published Snapshot: a second handle to its values, not a Reader, so that whoever looks
// at it holds nothing up.
using NewestSnapshot = Guarded<std::optional<consumer::Snapshot>>;

struct AdminPorts {
  Guarded<EdgeStatus>& status;
  Guarded<const Workers*>& workers;  // null while nothing is bound
  NewestSnapshot& newest;
  const AnswerSettings& answers;  // as the workers'
  // Looks for a version that is held, but not the newest; called by the listener's thread. `found`
  // is called later, by the thread that made the Admin, and never after that ended it.
  using Found = std::function<void(std::optional<dataset::Dataset>)>;
  std::function<void(std::uint64_t seq, Found found)> find_version{};
};

class Admin {
 public:
  static base::Result<std::unique_ptr<Admin>> start(const net::SocketAddress& address,
                                                    AdminPorts ports);
  ~Admin();  // closes the listener, ends the thread
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  net::SocketAddress address() const;

 private:
  struct Inner;
  explicit Admin(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::edge
