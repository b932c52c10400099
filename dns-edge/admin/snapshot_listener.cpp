#include "dns-edge/admin/snapshot_listener.hpp"

#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "consumer/snapshot_share/snapshot_share.hpp"
#include "dns-edge/admin/guarded.hpp"
#include "net/http_server.hpp"
#include "net/octet_source.hpp"

namespace tidemark::edge {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::size_t connections_max = 64;
constexpr std::size_t body_octets_max = 1024;  // nobody sends one
constexpr std::chrono::milliseconds stop_deadline{200};
// A file is listed so long at least, and can be had for two such times more.
constexpr std::chrono::seconds listed_min = 60s;
constexpr std::size_t offered_max = 3;

}  // namespace

struct SnapshotListener::Inner {
  explicit Inner(base::Random& random) : share({}, random), next_turn(io) {}

  struct File {
    std::string path, sha256;
  };
  struct Listed {
    std::string path;
    base::Sha256 sha256;
  };

  void offer(File file) {
    newest = std::move(file);
    if (!waiting) list_newest();
  }

  void list_newest() {
    waiting = false;
    const std::optional<File> file = std::exchange(newest, std::nullopt);
    if (!file || (!listed.empty() && listed.back().path == file->path)) return;
    auto source = net::open_octets(file->path);
    if (!source) return;
    const auto sha256 = net::sha256_of(**source);
    if (!sha256 || base::to_hex(*sha256) != file->sha256) return;  // damaged: not for others
    auto shared = consumer::shared_file(*sha256, *std::move(source));
    if (!shared) return;
    if (!listed.empty()) share.unlist(listed.back().sha256);
    share.offer(*std::move(shared));
    listed.push_back({file->path, *sha256});
    if (listed.size() > offered_max) {
      share.withdraw(listed.front().sha256);
      listed.pop_front();
    }
    waiting = true;
    next_turn.expires_after(listed_min);
    next_turn.async_wait([this](const boost::system::error_code& ended) {
      if (!ended) list_newest();
    });
  }

  net::HttpResponse respond(const net::HttpRequest& request) {
    net::HttpResponse response = share.respond(request);
    const auto& now = share.counters();
    counters.with([&](Counters& at) { at = {now.downloads, now.octets, now.refused}; });
    return response;
  }

  asio::io_context io{1};
  consumer::SnapshotShare share;
  std::deque<Listed> listed;  // the last one is in the list, those before can still be had
  std::optional<File> newest;
  bool waiting = false;  // the listed one stays for now
  asio::steady_timer next_turn;
  mutable Guarded<Counters> counters;
  std::unique_ptr<net::HttpServer> server;
  std::thread thread;
};

SnapshotListener::SnapshotListener(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

base::Result<std::unique_ptr<SnapshotListener>> SnapshotListener::start(
    const net::SocketAddress& address, base::Random& random) {
  auto inner = std::make_unique<Inner>(random);
  net::HttpLimits limits;
  limits.connections_max = connections_max;
  limits.body_octets_max = body_octets_max;
  auto server =
      net::HttpServer::listen(inner->io, address, std::move(limits),
                              [&at = *inner](net::HttpRequest request, net::Respond respond) {
                                respond(at.respond(request));
                              });
  if (!server) return std::unexpected(std::move(server).error().at("--share-snapshots"));
  inner->server = *std::move(server);
  inner->thread = std::thread([&at = *inner] { at.io.run(); });
  return std::unique_ptr<SnapshotListener>(new SnapshotListener(std::move(inner)));
}

SnapshotListener::~SnapshotListener() {
  asio::post(inner_->io, [this] {
    inner_->next_turn.cancel();
    inner_->server->stop(stop_deadline, [] {});
  });
  inner_->thread.join();
}

void SnapshotListener::offer(std::string path, std::string sha256) {
  asio::post(inner_->io, [&at = *inner_, file = Inner::File{std::move(path), std::move(sha256)}] {
    at.offer(file);
  });
}

net::SocketAddress SnapshotListener::address() const { return inner_->server->local_address(); }

SnapshotListener::Counters SnapshotListener::counters() const { return inner_->counters.copy(); }

}  // namespace tidemark::edge
