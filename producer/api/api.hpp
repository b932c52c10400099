// Api: the controller's HTTP routes (docs/http-api.md): who may (api.cpp), which route
// (api_routes.cpp), and its responder (api_reads.cpp, api_writes.cpp).
//
// Reads are answered at once by the pure functions of reads.hpp; mutations go to the Desk, which
// answers when the own fold has judged them.
//
// Threads   One, that of the io_context which serves HTTP and steps the feeder.
// Requires  Everything in ApiPorts outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "net/http_server.hpp"
#include "net/token.hpp"
#include "producer/api/desk.hpp"
#include "producer/api/fleet_board.hpp"
#include "producer/api/fleet_proof.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/held_desk.hpp"
#include "producer/api/pin_desk.hpp"
#include "producer/api/reads.hpp"
#include "producer/api/rollback.hpp"
#include "producer/api/snapshot_desk.hpp"

namespace tidemark::producer {

struct ApiPorts {
  DeskPorts desk;
  const HistoryKeeper& history;
  const net::Tokens* tokens = nullptr;  // null: none are configured, loopback may do everything
  SnapshotDesk* snapshots = nullptr;    // null: none are kept here
  FleetProof* proof = nullptr;          // null: edges are not asked
  ControlWriter* control = nullptr;     // null: no pins, held changes and watermarks
  RolloutSettings rollout{};
  // Answers /v1/history and the like (history_reads.hpp); null: nobody can.
  std::function<void(net::HttpRequest, net::Respond)> past{};
};

class Api {
 public:
  Api(ControllerStatus controller, DeskSettings settings, ApiPorts ports);

  void respond(net::HttpRequest request, net::Respond respond);
  Desk& desk() noexcept { return desk_; }
  PinDesk& pin_desk() noexcept { return pin_desk_; }
  HeldDesk& held_desk() noexcept { return held_desk_; }
  FleetBoard& board() noexcept { return board_; }
  // The feeder's hook.
  void folded(const consumer::FoldedChange& folded) {
    desk_.folded(folded);
    board_.folded(folded);
  }

 private:
  enum class Action : std::uint8_t;
  struct Route;
  struct Match;
  static const std::vector<Route>& routes();
  std::expected<Match, net::HttpResponse> find(const net::HttpRequest& request) const;
  // The author, if a token names one.
  std::expected<std::optional<std::string>, ApiError> authorise(const net::HttpRequest& request,
                                                                std::string_view scope) const;
  static std::expected<void, ApiError> check_parameters(const net::HttpRequest& request,
                                                        Action action);
  void write(const Match& match, const net::HttpRequest& request,
             const std::optional<std::string>& author, net::Respond respond);
  net::Respond past_the_span(const Terms& terms, net::Respond respond);
  void decide_held(const Match& match, const net::HttpRequest& request, Terms terms,
                   net::Respond respond);
  bool answer_board(const Match& match, const net::HttpRequest& request, net::Respond& respond);
  Answered read(const Match& match, const net::HttpRequest& request) const;
  RollbackPorts past() const { return {ports_.desk.feeder, ports_.history}; }
  WishResult rollback(const net::HttpRequest& request, const std::string& zone, Terms& terms) const;
  WishResult wish(const Match& match, const net::HttpRequest& request, Terms& terms) const;

  ControllerStatus controller_;
  ApiPorts ports_;
  Desk desk_;
  PinDesk pin_desk_;
  HeldDesk held_desk_;
  FleetBoard board_;
};

}  // namespace tidemark::producer
