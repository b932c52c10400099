#include "dns-edge/admin/admin.hpp"

#include <chrono>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include "consumer/proof/hash_page.hpp"
#include "dns-edge/admin/metrics.hpp"
#include "dns-edge/admin/probe.hpp"
#include "dns-edge/admin/why.hpp"
#include "net/http_server.hpp"

namespace tidemark::edge {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using net::HttpRequest;
using net::HttpResponse;

constexpr std::size_t connections_max = 64;
constexpr std::size_t body_octets_max = 1024;  // nobody sends one
constexpr std::chrono::milliseconds stop_deadline{200};

HttpResponse text(unsigned status, std::string body,
                  std::string type = "text/plain; charset=utf-8") {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

}  // namespace

struct Admin::Inner {
  explicit Inner(AdminPorts given)
      : ports(given), probe(io, [this] { return ports.status.copy().listen; }) {}

  void respond(HttpRequest request, net::Respond answer) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (request.path == std::vector<std::string>{"v1", "hashes"} && reads) {
      return hashes(std::move(request), std::move(answer));
    }
    answer(respond(request));
  }

  HttpResponse respond(const HttpRequest& request) {
    if (request.path.size() != 1) return net::error_response(404, "no such page");
    if (request.method != "GET" && request.method != "HEAD") {
      return net::error_response(405, "only GET");
    }
    const std::string& page = request.path.front();
    if (page == "livez") return text(200, "alive\n");
    if (page == "readyz") return ready();
    if (page == "version") return version();
    if (page == "metrics") return metrics();
    if (page == "why") return why(request);
    return net::error_response(404,
                               "no such page: livez, readyz, version, metrics, why, v1/hashes");
  }

  // Empty: ready.
  std::string not_ready_because() {
    const EdgeStatus status = ports.status.copy();
    if (!status.snapshot_held) {
      return "no verified snapshot yet: " +
             (status.detail.empty() ? "state " + status.state : status.detail);
    }
    if (status.listen.empty()) return "no DNS socket is bound yet";
    if (!probe.answered()) return "the node's own query was not answered";
    return "";
  }

  HttpResponse ready() {
    const std::string reason = not_ready_because();
    return reason.empty() ? text(200, "ready\n") : text(503, "not ready: " + reason + "\n");
  }

  // A sleeping worker holds no version: its next answer is of the newest.
  json::array worker_versions(std::uint64_t newest) {
    json::array seqs;
    for_each_worker([&](const WorkerCounters& counters) {
      const std::uint64_t seen = counters.seq_seen.load(std::memory_order_acquire);
      seqs.emplace_back(seen == WorkerCounters::asleep ? newest : seen);
    });
    return seqs;
  }

  static json::object bootstrap_of(const EdgeStatus::Bootstrap& now) {
    json::object shown{{"phase", now.phase},
                       {"source", now.source},
                       {"octets", now.octets},
                       {"octets_total", now.octets_total},
                       {"adopted", now.adopted},
                       {"records_left", now.records_left},
                       {"records_per_second", now.records_per_second}};
    if (now.seconds_left) shown["seconds_left"] = *now.seconds_left;
    return shown;
  }

  static json::object rebuilt_of(const EdgeStatus::Rebuilt& rebuilt) {
    return {{"seq", rebuilt.seq},
            {"from_hash", rebuilt.from_hash},
            {"to_hash", rebuilt.to_hash},
            {"controller", rebuilt.controller},
            {"differences", json::array(rebuilt.differences.begin(), rebuilt.differences.end())}};
  }

  HttpResponse version() {
    const EdgeStatus status = ports.status.copy();
    json::object shown;
    shown["node"] = status.node;
    shown["ring"] = status.ring;
    shown["dataset"] = status.dataset;
    shown["build"] = status.build;
    shown["state"] = status.state;
    if (!status.detail.empty()) shown["detail"] = status.detail;
    shown["lineage"] = status.lineage;
    shown["seq"] = status.active_seq;
    shown["staged_seq"] = status.staged_seq;
    if (const auto& pin = status.pin) {
      shown["pin"] = json::object{{"scope", pin->scope},
                                  {"seq", pin->seq},
                                  {"author", pin->author},
                                  {"reason", pin->reason},
                                  {"trouble", pin->trouble}};
    }
    shown["rebuilds"] = status.rebuilds;
    if (const auto& rebuilt = status.rebuilt) shown["rebuilt"] = rebuilt_of(*rebuilt);
    if (!status.trouble.empty()) shown["trouble"] = status.trouble;
    if (status.held_before_seq != 0) {
      shown["held"] = json::object{{"before_seq", status.held_before_seq},
                                   {"until_seq", status.held_until_seq},
                                   {"reason", status.held_reason}};
    }
    json::array late;
    for (const EdgeStatus::LateZone& one : status.late_zones) {
      late.push_back(json::object{{"zone", one.zone}, {"seconds", one.seconds}});
    }
    shown["stale_seconds"] = status.stale_seconds;
    shown["zones_behind"] = status.zones_behind;
    shown["late_zones"] = std::move(late);
    if (!status.anycast.empty()) shown["anycast"] = status.anycast;
    shown["last_good"] = json::object{{"seq", status.good_seq},
                                      {"soaking_seq", status.soaking_seq},
                                      {"crashes_in_a_row", status.crashes_in_a_row},
                                      {"self_questions", status.self_questions},
                                      {"self_failures", status.self_failures}};
    shown["state_hash"] = status.state_hash;
    shown["offset"] = status.offset;
    shown["chain"] = status.chain;
    shown["health_position"] = status.health_position;
    shown["accepted"] = status.accepted;
    shown["rejected"] = status.rejected;
    shown["undecodable"] = status.undecodable;
    shown["snapshot_file_seq"] = status.snapshot_file_seq;
    shown["snapshot_url"] = status.snapshot_url;
    shown["bootstrap"] = bootstrap_of(status.bootstrap);
    json::array listen;
    for (const auto& address : status.listen) listen.emplace_back(net::to_text(address));
    shown["listen"] = std::move(listen);
    shown["workers"] = worker_versions(status.active_seq);
    return text(200, json::serialize(shown) + "\n", "application/json");
  }

  HttpResponse metrics() {
    const EdgeStatus status = ports.status.copy();
    const bool is_ready = not_ready_because().empty();
    std::string shown = ports.workers.with([&](const Workers* workers) {
      std::vector<const WorkerCounters*> counters;
      for (std::size_t i = 0; workers != nullptr && i < workers->size(); ++i) {
        counters.push_back(&workers->counters(i));
      }
      return metrics_text(status, counters, is_ready);
    });
    return text(200, std::move(shown), "text/plain; version=0.0.4; charset=utf-8");
  }

  HttpResponse why(const HttpRequest& request) {
    const auto question = question_of(request);
    if (!question) return net::error_response(400, question.error().trail);
    const std::optional<consumer::Snapshot> snapshot = ports.newest.copy();
    if (!snapshot) {
      const EdgeStatus status = ports.status.copy();
      return net::error_response(503, "no verified snapshot yet, so nothing is answered: state " +
                                          status.state +
                                          (status.detail.empty() ? "" : ": " + status.detail));
    }
    const Explanation explanation = explain(*question, *snapshot, ports.answers, now());
    return text(200, to_json(*question, explanation) + "\n", "application/json");
  }

  void hashes(HttpRequest request, net::Respond answer) {
    const auto seq = consumer::find_seq(request);
    if (!seq) return answer(net::error_response(400, seq.error().trail));
    const std::optional<consumer::Snapshot> newest = ports.newest.copy();
    if (!newest) return answer(net::error_response(503, "no verified snapshot yet"));
    const std::uint64_t held = newest->dataset.version().seq.value();
    if (!*seq || **seq == held) return answer(consumer::hash_page(newest->dataset, request));
    if (!ports.find_version) return answer(consumer::not_held_page(**seq, held));
    // Shared with the call that comes back: std::function wants a copy.
    auto waiting = std::make_shared<std::pair<HttpRequest, net::Respond>>(std::move(request),
                                                                          std::move(answer));
    ports.find_version(**seq, [this, waiting, wanted = **seq, held](auto dataset) {
      asio::post(io, [waiting, wanted, held, dataset = std::move(dataset)] {
        waiting->second(dataset ? consumer::hash_page(*dataset, waiting->first)
                                : consumer::not_held_page(wanted, held));
      });
    });
  }

  Moment now() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    Moment moment;
    moment.unix_seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(since_1970).count());
    moment.stale_seconds = ports.workers.with([](const Workers* workers) {
      return workers == nullptr ? std::uint32_t{0} : workers->stale_seconds();
    });
    return moment;
  }

  template <class Visit>
  void for_each_worker(Visit&& visit) {
    ports.workers.with([&](const Workers* workers) {
      for (std::size_t i = 0; workers != nullptr && i < workers->size(); ++i) {
        visit(workers->counters(i));
      }
    });
  }

  asio::io_context io{1};
  AdminPorts ports;
  Probe probe;
  std::unique_ptr<net::HttpServer> server;
  std::thread thread;
};

Admin::Admin(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

base::Result<std::unique_ptr<Admin>> Admin::start(const net::SocketAddress& address,
                                                  AdminPorts ports) {
  auto inner = std::make_unique<Inner>(ports);
  net::HttpLimits limits;
  limits.connections_max = connections_max;
  limits.body_octets_max = body_octets_max;
  auto server = net::HttpServer::listen(inner->io, address, std::move(limits),
                                        [&at = *inner](HttpRequest request, net::Respond respond) {
                                          at.respond(std::move(request), std::move(respond));
                                        });
  if (!server) return std::unexpected(std::move(server).error().at("admin listener"));
  inner->server = *std::move(server);
  inner->probe.start();
  inner->thread = std::thread([&at = *inner] { at.io.run(); });
  return std::unique_ptr<Admin>(new Admin(std::move(inner)));
}

Admin::~Admin() {
  asio::post(inner_->io, [this] {
    inner_->probe.stop();
    inner_->server->stop(stop_deadline, [] {});
  });
  inner_->thread.join();
}

net::SocketAddress Admin::address() const { return inner_->server->local_address(); }

}  // namespace tidemark::edge
