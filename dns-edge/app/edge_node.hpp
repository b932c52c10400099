// EdgeNode: one edge, put together: log -> Feeder -> Snapshot -> workers; snapshot files, reports
// to the fleet, the admin listener.
//
// It lives on its owner's io_context: the feeder is stepped when a bell of the log rings. The
// workers, the admin listener and the writer of snapshot files have threads of their own. DNS
// sockets are bound with the first verified Snapshot, restored or folded; without one nothing is.
//
// Threads   All calls by the thread that runs the io_context.
// Requires  The io_context outlives it, and runs until stopped() was told.
// Errors    start(): what is wrong with the settings, the folder, an address; names it and the
//           remedy. Later troubles of the environment are told; service goes on.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/dataset/dataset.hpp"
#include "dns-edge/app/settings.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::edge {

enum class Severity : std::uint8_t { Remark, Warning, Error };

class EdgeNode {
 public:
  struct Tell {  // to whoever logs
    std::function<void(Severity, const std::string&)> remark;
    std::function<void(const std::string&)> failed;  // it cannot serve: the process should end
    // Each version that was loaded, or is to be served next: before any worker sees it. For tests
    // of what a bad version does.
    std::function<void(const dataset::Dataset&)> about_to_serve{};
  };
  [[nodiscard]] static base::Result<std::unique_ptr<EdgeNode>> start(boost::asio::io_context& io,
                                                                     EdgeSettings settings,
                                                                     Tell tell);
  ~EdgeNode();
  EdgeNode(const EdgeNode&) = delete;
  EdgeNode& operator=(const EdgeNode&) = delete;

  // Answers what was received, closes the sockets, writes the last snapshot file. Nothing of this
  // node is pending on the io_context afterwards.
  void stop();

  net::SocketAddress admin_address() const;
  std::vector<net::SocketAddress> addresses() const;  // as bound; empty before

 private:
  struct Inner;
  explicit EdgeNode(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::edge
