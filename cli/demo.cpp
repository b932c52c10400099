#include "cli/demo.hpp"

#include <algorithm>
#include <iostream>

#include <boost/json.hpp>

#include "cli/api_client.hpp"
#include "cli/dns_question.hpp"
#include "cli/json_fields.hpp"
#include "dns-edge/serve/sockets.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds start_within{60};
constexpr std::chrono::milliseconds look_again{50};
constexpr std::chrono::seconds revived_after{5};

constexpr std::string_view zone_text =
    "$ORIGIN example.org.\n"
    "$TTL 300\n"
    "@ SOA ns1 hostmaster 1 7200 900 1209600 60\n"
    "@ NS ns1\n"
    "@ NS ns2\n"
    "@ MX 10 mail\n"
    "@ TXT \"served by Tidemark\"\n"
    "ns1 A 192.0.2.1\n"
    "ns2 A 192.0.2.2\n"
    "mail A 192.0.2.25\n"
    "www A 192.0.2.10\n"
    "www AAAA 2001:db8::10\n"
    "alias CNAME www\n"
    "*.wild TXT \"any name below wild\"\n";

std::string pool_text(std::uint16_t port) {
  return json::serialize(
      json::object{{"name", "web"},
                   {"endpoints", json::array{json::object{{"id", "b1"}, {"address", "127.0.0.1"}},
                                             json::object{{"id", "b2"}, {"address", "127.0.0.2"}}}},
                   {"check", json::object{{"kind", "http"},
                                          {"port", port},
                                          {"path", "/"},
                                          {"interval_ms", 500},
                                          {"timeout_ms", 400},
                                          {"rise", 2},
                                          {"fall", 2}}}});
}

std::string local(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

Outcome check_ports(const DemoPorts& ports) {
  std::vector<std::uint16_t> all{ports.api, ports.backends, ports.control};
  all.insert(all.end(), ports.dns.begin(), ports.dns.end());
  all.insert(all.end(), ports.admin.begin(), ports.admin.end());
  for (const std::uint16_t port : all) {
    net::SocketAddress address;
    address.ip.octets = {127, 0, 0, 1};
    address.port = port;
    if (auto free = edge::check_free(address); !free) {
      return fail(Exit::Error, "a port of the demo is taken: " + free.error().trail,
                  "end what uses it (another demo?), or: tidemark demo --port-base 6300");
    }
  }
  return {};
}

}  // namespace

DemoPorts DemoPorts::above(std::uint16_t base) {
  const auto at = [base](int more) { return static_cast<std::uint16_t>(base + more); };
  return {.api = at(53),
          .dns = {at(1), at(2), at(3)},
          .admin = {at(91), at(92), at(93)},
          .backends = at(80),
          .control = at(81)};
}

Demo::Demo(DemoSettings settings, Session session, Signals& signals)
    : settings_(std::move(settings)), session_(std::move(session)), signals_(signals) {
  session_.api = "http://" + local(settings_.ports.api);
  session_.token_file.reset();
  session_.author = "demo";
  session_.quiet = true;
}

Demo::~Demo() {
  while (!programs_.empty()) programs_.pop_back();
}

Expected<bool> Demo::start() {
  const DemoPorts& ports = settings_.ports;
  if (auto free = check_ports(ports); !free) return std::unexpected(std::move(free).error());
  auto backends = DemoBackends::start(ports.backends, ports.control);
  if (!backends) return std::unexpected(std::move(backends).error());
  backends_ = *std::move(backends);
  auto started = start_program("controller", "tidemark-controller",
                               {"--state-dir", settings_.folder + "/controller", "--api",
                                local(ports.api), "--name", "controller1"});
  if (!started) return std::unexpected(std::move(started).error());
  auto there = wait_until("the controller answers", [this] { return controller_answers(); });
  if (!there || !*there) return there;
  if (auto filled = fill(); !filled) return std::unexpected(std::move(filled).error());
  if (auto edges = start_edges(); !edges) return std::unexpected(std::move(edges).error());
  started = start_program("prober", "tidemark-prober", {"--name", "prober1", "--period", "1000"});
  if (!started) return std::unexpected(std::move(started).error());
  there = wait_until("all three edges answer", [this] { return edges_answer(); });
  if (!there || !*there) return there;
  return wait_until("the prober has seen both backends", [this] { return backends_are_up(); });
}

Outcome Demo::start_edges() {
  const DemoPorts& ports = settings_.ports;
  for (std::size_t i = 0; i < ports.dns.size(); ++i) {
    const std::string node = "edge" + std::to_string(i + 1);
    auto started = start_program(
        node, "tidemark-edge",
        {"--state-dir", settings_.folder + "/" + node, "--listen", local(ports.dns[i]), "--admin",
         local(ports.admin[i]), "--workers", "2", "--node", node, "--ring", "demo"});
    if (!started) return started;
  }
  return {};
}

Outcome Demo::start_program(const std::string& name, const std::string& program,
                            std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--log", settings_.log_url, "--dataset", settings_.dataset});
  Program made{name, settings_.programs + "/" + program, std::move(arguments), nullptr};
  auto child = start_child(made);
  if (!child) return std::unexpected(std::move(child).error());
  made.child = *std::move(child);
  programs_.push_back(std::move(made));
  return {};
}

Expected<std::unique_ptr<ChildProcess>> Demo::start_child(const Program& program) const {
  auto child = ChildProcess::start(program.name, program.path, program.arguments,
                                   settings_.folder + "/" + program.name + ".log");
  if (!child) return std::unexpected(std::move(child).error());
  return std::make_unique<ChildProcess>(*std::move(child));
}

void Demo::revive_programs() {
  const auto now = std::chrono::steady_clock::now();
  for (Program& program : programs_) {
    const auto code = program.child->ended();
    if (!code) continue;
    if (!program.due) {
      program.due = now + revived_after;
      std::cerr << program.name << " ended with " << *code
                << ": the others go on without it. It starts again in 5 s.\n";
    } else if (now >= *program.due) {
      program.due.reset();
      if (auto child = start_child(program)) {
        program.child = *std::move(child);
        std::cerr << program.name << " runs again.\n";
      }
    }
  }
}

Outcome Demo::check_programs() {
  for (const Program& program : programs_) {
    if (const auto code = program.child->ended()) {
      return fail(Exit::Error, program.name + " ended by itself with " + std::to_string(*code) +
                                   "; its last words:\n" + program.child->last_words());
    }
  }
  return {};
}

Expected<bool> Demo::wait_until(const std::string& what, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + start_within;
  while (!holds()) {
    if (auto alive = check_programs(); !alive) return std::unexpected(std::move(alive).error());
    if (signals_.wait(look_again) != 0) return false;
    if (std::chrono::steady_clock::now() > deadline) {
      std::string words;
      for (const Program& program : programs_) {
        words += "\n  ";
        words += program.name + ":\n";
        words += program.child->last_words();
      }
      return fail(Exit::TimeOut,
                  "not within " + std::to_string(start_within.count()) + " s: " + what + words);
    }
  }
  return true;
}

bool Demo::controller_answers() const {
  const auto api = ApiClient::connect(session_);
  const auto reply = api->ask({.path = {"status"}});
  if (!reply) return false;
  const auto answer = parse_answer(reply->body);
  return answer && shown(answer->get_object(), "state") == "LIVE";
}

Outcome Demo::fill() {
  auto api = ApiClient::connect(session_);
  if (!api) return std::unexpected(std::move(api).error());
  const MutationOptions because{.reason = "the demo's beginning"};
  const ApiRequest wishes[] = {
      {.method = "PUT", .path = {"pools", "web"}, .body = pool_text(settings_.ports.backends)},
      {.method = "PUT",
       .path = {"zones", "example.org."},
       .body = std::string(zone_text),
       .content_type = "text/dns"},
      {.method = "PUT",
       .path = {"zones", "example.org.", "rrsets", "app.example.org.", "POOL"},
       .body = R"({"ttl": 5, "rdata": ["web"]})"}};
  for (const ApiRequest& wish : wishes) {
    if (auto made = api->mutate(wish, because); !made) {
      return std::unexpected(std::move(made).error());
    }
  }
  return {};
}

bool Demo::edges_answer() const {
  const auto app = dns::Name::parse("app.example.org.");
  return std::ranges::all_of(settings_.ports.dns, [&app](std::uint16_t port) {
    const auto reply = ask_dns(port, *app, dns::RrType::A, look_again);
    return reply && reply->rcode == 0 && reply->answers > 0;
  });
}

bool Demo::backends_are_up() const {
  const auto api = ApiClient::connect(session_);
  const auto reply = api->ask({.path = {"health"}});
  if (!reply) return false;
  const auto answer = parse_answer(reply->body);
  if (!answer) return false;
  const json::array& pools = list_of(answer->get_object(), "pools");
  if (pools.empty() || !pools[0].is_object()) return false;
  const json::array& endpoints = list_of(pools[0].get_object(), "endpoints");
  return std::ranges::all_of(endpoints, [](const json::value& one) {
    return one.is_object() && is_true(one.get_object(), "up") &&
           shown(one.get_object(), "rule") == "quorum";
  });
}

Outcome Demo::stay(std::optional<std::chrono::seconds> length) {
  const auto begun = std::chrono::steady_clock::now();
  while (!length || std::chrono::steady_clock::now() - begun < *length) {
    if (signals_.wait(std::chrono::milliseconds(200)) != 0) return {};
    revive_programs();
  }
  return {};
}

std::string Demo::commands_to_try() const {
  const DemoPorts& ports = settings_.ports;
  const std::string tool = settings_.programs + "/tidemark";
  const std::string api = session_.api == Session().api ? "" : " --api http://" + local(ports.api);
  const std::string dig = "dig +short @127.0.0.1 -p ";
  const auto port = [](std::uint16_t number) { return std::to_string(number); };
  return "One controller, three edges, one prober follow " + settings_.log_url +
         "\nFiles and output of each: " + settings_.folder + "\n\nTry, in another terminal:\n  " +
         dig + port(ports.dns[0]) + " www.example.org       # the other edges: -p " +
         port(ports.dns[1]) + ", -p " + port(ports.dns[2]) + "\n  " + tool + api +
         " record set www.example.org A 192.0.2.99 --reason 'try it' --wait 10\n  " + dig +
         port(ports.dns[2]) + " www.example.org       # changed when the command returned\n\n  " +
         dig + port(ports.dns[0]) + " app.example.org       # two backends, chosen by health\n" +
         "  curl -s -X POST http://" + local(ports.control) +
         "/b1/stop   # about 1.5 s later:\n  " + dig + port(ports.dns[1]) +
         " app.example.org       # only the other one\n  " + tool + api +
         " health\n  curl -s -X POST http://" + local(ports.control) + "/b1/start\n  " + tool +
         api + " override set web b2 drain --for 2m --reason 'try it'\n  " + tool + api +
         " override clear web b2 --reason 'tried it'\n\n  " + tool + api +
         " fleet\n  curl -s http://" + local(ports.admin[0]) + "/version\n  " + tool + api +
         " changes\n  " + tool + " log tail changes --log " + settings_.log_url + " --dataset " +
         settings_.dataset + "\n\n";
}

}  // namespace tidemark::cli
