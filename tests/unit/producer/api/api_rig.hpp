// ApiRig: a whole controller in process, without sockets: API, outbox, publisher, feeder and a
// memory log, stepped by hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "producer/api/api.hpp"
#include "producer/api/history_desk.hpp"
#include "producer/api/history_keeper.hpp"
#include "producer/api/request_body.hpp"
#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::producer {

namespace json = boost::json;

inline const std::string basic_zone =
    "$TTL 300\n"
    "@ SOA ns.example.org. admin.example.org. 7 3600 600 86400 60\n"
    "@ NS ns\n"
    "ns A 192.0.2.53\n"
    "www A 192.0.2.1\n";

struct Reply {
  std::optional<net::HttpResponse> response;
  unsigned status() const { return response ? response->status : 0; }
  json::object body() const { return json::parse(response->body).as_object(); }
  json::object error() const { return body().at("error").as_object(); }
};

class ApiRig {
 public:
  explicit ApiRig(std::shared_ptr<log::MemoryStore> of = support::make_store(),
                  net::Tokens* tokens_of = nullptr, OutboxLimits limits_of = {},
                  RolloutSettings rollout_of = {})
      : store(std::move(of)),
        tokens(tokens_of),
        limits(limits_of),
        rollout(std::move(rollout_of)),
        log(store),
        changes(*log.source(support::changes_topic)),
        health(*log.source(support::health_topic)),
        control(*log.source(support::control_topic)),
        outbox(Outbox::open(folder.file("outbox"), limits).value()),
        history(folder.file("history.sqlite"), "tests",
                {.clock = clock,
                 .source = [] { return base::fail(base::Errc::Unavailable, "no builder here"); }},
                fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1))),
        fleet(clock),
        feeder({.dataset_name = "tests", .seed = dataset::HashSeed(1)},
               {.clock = clock,
                .changes = *changes,
                .health = health.get(),
                .control = control.get(),
                .log_identity = [this] { return log.identity(); },
                .folded =
                    [this](const consumer::FoldedChange& folded) {
                      history.folded(folded);
                      api->folded(folded);
                    },
                .skipped = {}},
               std::nullopt) {
    start_publisher();
    start_api();
    fleet.heard = [this](const event::NodeReport& said, std::int64_t appended_ms) {
      if (api) api->board().heard(said, appended_ms);
    };
    fleet.caught_up();
    run();
  }
  void start_publisher() {
    sink = *log.sink(support::changes_topic);
    publisher.emplace(PublisherSettings{.source = "/tidemark/tests/c1"}, clock, outbox, *sink);
  }
  void start_api() {
    control_sink = *log.sink(support::control_topic);
    writer.emplace(clock, *control_sink);
    api.emplace(ControllerStatus{"c1", "tests", 1}, DeskSettings{},
                ApiPorts{.desk = {.clock = clock,
                                  .random = random,
                                  .feeder = feeder,
                                  .outbox = outbox,
                                  .publisher = *publisher,
                                  .fleet = fleet,
                                  .stored = {}},
                         .history = history,
                         .tokens = tokens,
                         .control = &*writer,
                         .rollout = rollout,
                         .past = [this](const net::HttpRequest& request, net::Respond respond) {
                           respond(HistoryDesk::answer(history, request, clock.wall().count()));
                         }});
  }
  // Who waited is gone; what is on the disk is there again. The log may be away all the while.
  void crash() {
    api.reset();
    publisher.reset();
    outbox = Outbox::open(folder.file("outbox"), limits).value();
    start_publisher();
    start_api();
    api->desk().settle_known();
  }

  void run() {
    for (int i = 0; i < 6; ++i) {
      publisher->step();
      consumer::StepReport report;
      do {
        report = feeder.step();
      } while (report.more);
      (void)feeder.take_snapshot();
      history.turn(feeder);
      EXPECT_TRUE(history.settle(std::chrono::seconds(60)));  // no test sees it behind
      for (std::string& one : writer->step(feeder.has_read_control() ? &feeder.control() : nullptr))
        remarks.push_back(std::move(one));
      api->desk().step();
      api->pin_desk().step();
      api->held_desk().step();
      api->board().step();
    }
  }
  // Time passes in steps that nobody may sleep through.
  void pass(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds gone{0}; gone < time; gone += std::chrono::milliseconds(50)) {
      clock.advance(std::chrono::milliseconds(50));
      run();
    }
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  std::shared_ptr<Reply> send(std::string method, const std::string& target, std::string body = {},
                              const Headers& headers = {}) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = target;
    auto parsed = net::parse_target(target);
    EXPECT_TRUE(parsed.has_value()) << target;
    request.path = parsed->path;
    request.query = parsed->query;
    request.body = std::move(body);
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    auto reply = std::make_shared<Reply>();
    api->respond(std::move(request), net::Respond([reply](net::HttpResponse response) {
                   EXPECT_FALSE(reply->response) << "answered twice";
                   reply->response = std::move(response);
                 }));
    return reply;
  }
  Reply call(std::string method, const std::string& target, std::string body = {},
             const Headers& headers = {}) {
    auto reply = send(std::move(method), target, std::move(body), headers);
    run();
    return *reply;
  }
  Reply import_basic() { return call("PUT", "/v1/zones/example.org", basic_zone); }
  void report(const std::string& node, std::uint64_t active_seq) {
    report({.node = node,
            .ring = {},
            .lineage = {},
            .staged_seq = active_seq,
            .active_seq = active_seq,
            .state_hash = {},
            .build = {},
            .dns_listen = {},
            .admin_listen = {},
            .nacks = {}});
  }
  void report(event::NodeReport said) {
    said.state = event::NodeState::Live;
    said.lineage = feeder.state().dataset.version().lineage.value();
    log::Record record{.offset = log::Offset(0), .appended = log::AppendTime(++fleet_ms)};
    record.key = said.node;
    record.value = schemas::encode(said);
    EXPECT_TRUE(fleet.apply(record));
  }
  std::size_t appended() const {
    const auto bounds = store->bounds(support::changes_topic);
    return static_cast<std::size_t>(bounds->next.value());
  }
  std::uint64_t seq() const { return feeder.state().dataset.version().seq.value(); }

  static inline std::uint64_t rigs = 0;
  std::shared_ptr<log::MemoryStore> store;
  net::Tokens* tokens;
  OutboxLimits limits;
  RolloutSettings rollout;
  topics::TemporaryFolder folder;
  support::ManualClock clock;
  support::SeededRandom random{++rigs};  // no two controllers draw the same change_id
  log::MemoryLog log;
  std::unique_ptr<log::Source> changes, health, control;
  std::unique_ptr<log::Sink> sink, control_sink;
  Outbox outbox;
  HistoryKeeper history;
  FleetView fleet;
  std::int64_t fleet_ms = 1000;
  std::optional<Publisher> publisher;
  std::optional<ControlWriter> writer;
  std::vector<std::string> remarks;  // of the writer
  std::optional<Api> api;
  consumer::Feeder feeder;
};

}  // namespace tidemark::producer
