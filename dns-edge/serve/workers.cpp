#include "dns-edge/serve/workers.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "dns-edge/serve/worker.hpp"
#include "net/system_ports.hpp"

namespace tidemark::edge {

namespace {

using base::Result;
using net::SocketAddress;

struct Pair {
  Socket udp;
  Socket tcp;
};

Result<Pair> open_pair(const SocketAddress& address) {
  TIDEMARK_TRY(Socket udp, open_udp(address, Sharing::Shared));
  TIDEMARK_TRY(Socket tcp, open_tcp(local_address(udp), Sharing::Shared));
  return Pair{std::move(udp), std::move(tcp)};
}

// The first pair of an address fixes the port.
Result<Pair> open_first_pair(const SocketAddress& wanted, Sharing sharing) {
  if (sharing == Sharing::Shared && wanted.port != 0) return open_pair(wanted);
  TIDEMARK_TRY(const SocketAddress address, find_free(wanted));
  return open_pair(address);
}

bool is_wildcard(const net::IpAddress& ip) noexcept {
  return std::ranges::all_of(ip.octets, [](std::uint8_t octet) { return octet == 0; });
}

// One would take the queries of the other, and the second bind fails as if by a stranger.
Result<void> check_apart(const std::vector<SocketAddress>& addresses) {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const SocketAddress &a = addresses[j], &b = addresses[i];
      const bool one_port = a.port == b.port && a.port != 0 && a.ip.family == b.ip.family;
      if (!one_port || (a.ip != b.ip && !is_wildcard(a.ip) && !is_wildcard(b.ip))) continue;
      return base::fail(base::Errc::Invalid, "listen: " + net::to_text(a) + " and " +
                                                 net::to_text(b) + " overlap: give one of them");
    }
  }
  return {};
}

}  // namespace

Result<void> check_addresses_free(const std::vector<SocketAddress>& addresses, Sharing sharing) {
  TIDEMARK_TRY_VOID(check_apart(addresses));
  if (sharing == Sharing::Shared) return {};
  for (const SocketAddress& address : addresses) TIDEMARK_TRY_VOID(check_free(address));
  return {};
}

Workers::Workers(ServeSettings settings)
    : settings_(std::move(settings)),
      census_(settings_.tcp.connections_max, settings_.tcp.connections_per_source_max) {}

Workers::~Workers() { stop(); }

Result<std::unique_ptr<Workers>> Workers::open(ServeSettings settings,
                                               PublishedSnapshot& published) {
  TIDEMARK_CHECK(settings.workers > 0 && settings.workers <= workers_max,
                 "the number of workers is within its limits");
  std::unique_ptr<Workers> made(new Workers(std::move(settings)));
  TIDEMARK_TRY_VOID(made->bind(published));
  for (const auto& worker : made->workers_) {
    made->threads_.emplace_back([&one = *worker] { one.run(); });
  }
  return made;
}

Result<void> Workers::bind(PublishedSnapshot& published) {
  TIDEMARK_TRY_VOID(check_apart(settings_.listen));
  net::SystemRandom random;
  for (std::size_t i = 0; i < settings_.workers; ++i) {
    const Worker::Shared shared{census_, stale_seconds_, random.next()};
    workers_.push_back(std::make_unique<Worker>(settings_, published, i, shared));
  }
  for (const SocketAddress& wanted : settings_.listen) {
    TIDEMARK_TRY(Pair first, open_first_pair(wanted, settings_.addresses));
    const SocketAddress address = local_address(first.udp);
    addresses_.push_back(address);
    workers_.front()->add(std::move(first.udp), std::move(first.tcp), address);
    for (std::size_t i = 1; i < workers_.size(); ++i) {
      TIDEMARK_TRY(Pair pair, open_pair(address));
      workers_[i]->add(std::move(pair.udp), std::move(pair.tcp), address);
    }
  }
  return {};
}

const WorkerCounters& Workers::counters(std::size_t worker) const noexcept {
  return workers_[worker]->counters();
}

void Workers::stop() {
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace tidemark::edge
