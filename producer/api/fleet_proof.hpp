// FleetProof: do the edges hold what this controller holds? By their reports: the chain at an equal
// offset says whether they read the same records, the state hash at an equal version whether they
// made the same of them.
//
//   GET /v1/fleet/diverged?node=   the edges that differ (or this one), and where: it descends the
//                                  hash tree with the edge's admin listener, here and there at one
//                                  version, down to zone, owner and type with both values. While
//                                  this controller does not follow the log itself it compares
//                                  nothing: it says so, and what each edge reports
//   GET /v1/hashes                 this controller's side of the tree
//   (consumer/proof/hash_page.hpp)
//
// A difference is told once when it begins and once when it ends. What heals is the edge itself
// (dns-edge/app/self_repair.hpp).
//
// Threads   One; that of the io_context.
// Requires  What ProofPorts refers to outlives it; it ends before the io_context.
// Cost      step(): O(nodes), once a second. A page of a zone of 10^6 names takes the loop 0.2 s.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "producer/api/fleet_view.hpp"

namespace tidemark::producer {

constexpr std::size_t descents_max = 16;          // of one request
constexpr std::size_t diverged_requests_max = 4;  // at one time

struct NodeProof {
  fold::Agreement agreement;  // Unknown, too, while this controller does not follow the log itself
  std::string text;           // what differs, for people; empty if nothing does
};
NodeProof prove(const event::NodeReport& report, const consumer::Feeder& feeder);
std::string to_text(fold::Agreement agreement);  // "same", "state-differs", ...

struct ProofPorts {
  boost::asio::io_context& io;
  base::Clock& clock;
  const consumer::Feeder& feeder;
  const FleetView& fleet;
};

class FleetProof {
 public:
  explicit FleetProof(ProofPorts ports);
  ~FleetProof();
  FleetProof(const FleetProof&) = delete;
  FleetProof& operator=(const FleetProof&) = delete;

  std::vector<std::string> step();  // once a turn; for the owner's log
  // The routes above.
  void take(const net::HttpRequest& request, net::Respond respond);
  std::string metrics() const;

 private:
  struct Descending;
  void diverged(const net::HttpRequest& request, net::Respond respond);
  bool may_compare() const;
  net::HttpResponse hashes(const net::HttpRequest& request) const;
  std::optional<dataset::Dataset> version_at(std::uint64_t seq) const;
  std::optional<std::uint64_t> shared_seq(const event::NodeReport& report) const;
  void begin_next(const std::shared_ptr<Descending>& at);
  // GET of the node's admin listener; goes on with its 200, or ends this node with what is wrong.
  using Answered200 = std::function<void(const std::shared_ptr<Descending>&, const std::string&)>;
  void get(const std::shared_ptr<Descending>& at, const std::string& target, Answered200 go_on);
  void identify(const std::shared_ptr<Descending>& at);
  void ask(const std::shared_ptr<Descending>& at);
  void end_one(const std::shared_ptr<Descending>& at, std::string trouble);
  void answer(const std::shared_ptr<Descending>& at);

  const ProofPorts ports_;
  std::optional<std::chrono::nanoseconds> looked_;
  std::map<std::string, std::string> differing_;  // by node: what differs
  std::map<std::string, std::string> sharing_;    // by name: what two nodes share it
  std::list<std::shared_ptr<Descending>> under_way_;
};

// What two edges with one name mean, and what to do; empty: no other one was heard.
std::string shared_name_text(const NodeStatus& node);

}  // namespace tidemark::producer
