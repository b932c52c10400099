// tidemark fleet diverged: which edges do not hold what the controller holds, and where.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/unserved.hpp"
#include "consumer/proof/descent.hpp"
#include "net/http_client.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds page_within{30};
constexpr std::size_t page_octets_max = std::size_t{64} << 20U;

struct Options {
  std::optional<std::string> node, edge;
};

std::string value_of(const json::object& place, std::string_view side) {
  const std::string value = shown(place, side);
  return value == "-" || value.empty() ? "(absent)" : value;
}

std::string places_text(const json::object& node) {
  Table table({"WHAT", "ZONE", "NAME", "TYPE", "CONTROLLER", "EDGE"});
  for (const json::value& one : list_of(node, "places")) {
    if (!one.is_object()) continue;
    const json::object& place = one.get_object();
    table.row({shown(place, "kind"), shown(place, "zone"), shown(place, "name"),
               shown(place, "type"), value_of(place, "controller"), value_of(place, "node")});
  }
  if (table.empty()) return {};
  return table.to_text() + (is_true(node, "complete") ? "" : "and more places\n");
}

std::string node_text(const json::object& node) {
  const bool lost = node.contains("state") && shown(node, "state") == "DIVERGED";
  std::string out = plain(shown(node, "node")) + ": " + (lost ? "DIVERGED" : shown(node, "proof"));
  if (const std::string text = plain(shown(node, "text")); !text.empty() && text != "-") {
    out += ": " + text;
  }
  out += "\n";
  if (node.contains("seq")) {
    const bool same = shown(node, "controller_hash") == shown(node, "node_hash");
    out += "at version " + shown(node, "seq") + " " +
           (same ? "both hold the same: hash " + shown(node, "node_hash")
                 : "the hash is " + shown(node, "controller_hash") + " at the controller, " +
                       shown(node, "node_hash") + " at the edge") +
           "\n" + places_text(node);
  }
  if (node.contains("rebuilt")) {
    const json::object& rebuilt = object_of(node, "rebuilt");
    out += "rebuilt " + shown(node, "rebuilds") + " times, last at version " +
           shown(rebuilt, "seq") + ": hash " + shown(rebuilt, "from_hash") + " became " +
           shown(rebuilt, "to_hash") + "\n";
  }
  if (node.contains("trouble")) {
    out += "not compared: " + plain(shown(node, "trouble")) +
           "\n  try: " + plain(shown(node, "remedy")) + "\n";
  }
  return out;
}

// Of a controller that does not follow the log: it has compared nothing.
std::string doubt_of(const json::object& answer) {
  const json::object& controller = object_of(answer, "controller");
  const std::string state = controller.contains("state") ? shown(controller, "state") : "LIVE";
  return state == "CATCHING_UP" ? std::string() : not_vouching(controller);
}

std::string diverged_text(const json::object& answer) {
  std::string out;
  for (const json::value& one : list_of(answer, "nodes")) {
    if (one.is_object()) out += (out.empty() ? "" : "\n") + node_text(one.get_object());
  }
  if (const std::string doubt = doubt_of(answer); !doubt.empty()) {
    return doubt + "\n" + (out.empty() ? "no edge has reported\n" : "\n" + out);
  }
  return out.empty() ? "no edge differs from this controller\n" : out;
}

Outcome report_diverged(const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  ApiRequest request{.path = {"fleet", "diverged"}};
  if (options.node) request.query.emplace_back("node", *options.node);
  auto reply = api->ask(request);
  if (!reply) return std::unexpected(std::move(reply).error());
  auto parsed = parse_answer(reply->body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const json::object& answer = parsed->get_object();
  print(session.json() ? reply->body + "\n" : diverged_text(answer));
  if (doubt_of(answer).empty()) return {};
  return fail(Exit::Error, "nothing was compared: " + doubt_of(answer),
              "tidemark status; docs/operations.md tells what DIVERGED and HALTED mean");
}

// `target` behind the admin address: "/version".
Expected<std::string> get_from_edge(const net::Url& edge, const Session& session,
                                    const std::string& target) {
  net::HttpCall call;
  call.url = edge;
  call.url.target = (edge.target == "/" ? "" : edge.target) + target;
  call.headers.add("User-Agent", "tidemark");
  call.ca_file = session.ca_file.value_or("");
  call.response_octets_max = page_octets_max;
  auto response = net::fetch(std::move(call), page_within);
  if (!response) {
    return fail(Exit::Error, "no edge answers: " + response.error().trail,
                "tidemark fleet    # column ADMIN, then --edge http://ADDR:PORT");
  }
  if (response->status != 200) {
    return fail(Exit::Error, "the edge says HTTP " + std::to_string(response->status) + ": " +
                                 plain(response->body.substr(0, 300)));
  }
  return std::move(response->body);
}

Expected<std::string> ask_edge(const net::Url& edge, const Session& session,
                               const std::string& query) {
  return get_from_edge(edge, session, "/v1/hashes" + (query.empty() ? "" : "?" + query));
}

// Who answers at --edge, by its own word: an address is easily another edge's.
Expected<std::string> name_of_edge(const Options& options, const net::Url& edge,
                                   const Session& session) {
  auto version = get_from_edge(edge, session, "/version");
  if (!version) return std::unexpected(std::move(version).error());
  const auto told = parse_answer(*version);
  const std::string name = told ? plain(shown(told->get_object(), "node")) : "-";
  if (name == "-") {
    return fail(Exit::Error, plain(*options.edge) + ": no edge's admin address",
                "tidemark fleet    # column ADMIN");
  }
  if (options.node && *options.node != name) {
    return fail(Exit::Error,
                plain(*options.edge) + " is edge " + name + ", not " + plain(*options.node) +
                    ": nothing was compared",
                "tidemark fleet    # column ADMIN");
  }
  return name;
}

Expected<std::string> ask_controller(const ApiClient& api, const std::string& query) {
  ApiRequest request{.path = {"hashes"}};
  if (!query.empty()) {
    const auto target = net::parse_target("/?" + query);
    if (target) request.query = target->query;
  }
  auto reply = api.ask(request);
  if (!reply) return std::unexpected(std::move(reply).error());
  return std::move(reply->body);
}

// The newest version that both hold: the older of the two newest ones, as far as it is kept.
Expected<std::uint64_t> shared_seq(const ApiClient& api, const net::Url& edge,
                                   const Session& session) {
  auto theirs = ask_edge(edge, session, {});
  if (!theirs) return std::unexpected(std::move(theirs).error());
  auto ours = ask_controller(api, {});
  if (!ours) return std::unexpected(std::move(ours).error());
  const auto right = parse_answer(*theirs), left = parse_answer(*ours);
  if (!right || !left)
    return fail(Exit::Error, "no page of hashes: is this an edge's admin address?");
  return std::min(number_of(left->get_object(), "seq"), number_of(right->get_object(), "seq"));
}

Outcome compare_with_edge(const Options& options, const Session& session) {
  auto edge = net::parse_url(*options.edge);
  if (!edge) {
    return fail(Exit::Usage, "--edge " + plain(*options.edge) + ": " + edge.error().trail,
                "tidemark fleet diverged --edge http://127.0.0.1:9153");
  }
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  const auto name = name_of_edge(options, *edge, session);
  if (!name) return std::unexpected(name.error());
  const auto seq = shared_seq(*api, *edge, session);
  if (!seq) return std::unexpected(seq.error());
  consumer::Descent descent(*seq);
  while (const auto query = descent.next()) {
    auto left = ask_controller(*api, *query);
    if (!left) return std::unexpected(std::move(left).error());
    auto right = ask_edge(*edge, session, *query);
    if (!right) return std::unexpected(std::move(right).error());
    const auto given = descent.give(*left, *right);
    if (!given) return fail(Exit::Error, plain(given.error().trail));
  }
  json::array places;
  for (const dataset::Difference& one : descent.found()) {
    places.push_back(json::object{{"kind", one.kind},
                                  {"zone", one.zone},
                                  {"name", one.name},
                                  {"type", one.type},
                                  {"controller", one.left},
                                  {"node", one.right}});
  }
  const bool same = descent.left_hash() == descent.right_hash();
  const json::object node{{"node", *name},
                          {"proof", same ? "same" : "state-differs"},
                          {"text", ""},
                          {"seq", *seq},
                          {"controller_hash", descent.left_hash()},
                          {"node_hash", descent.right_hash()},
                          {"places", std::move(places)},
                          {"complete", descent.is_complete()}};
  json::object answer{{"nodes", json::array{node}}};
  if (const auto status = api->ask({.path = {"status"}})) {
    if (const auto told = parse_answer(status->body)) {
      answer["controller"] = json::object{{"state", shown(told->get_object(), "state")},
                                          {"detail", shown(told->get_object(), "detail")}};
    }
  }
  print(session.json() ? json::serialize(answer) + "\n" : diverged_text(answer));
  return {};
}

}  // namespace

void add_diverged(Command fleet, Session& session) {
  auto options = std::make_shared<Options>();
  Command command =
      fleet.add("diverged", "Finds the edges that do not hold what the controller holds, and where",
                "tidemark fleet diverged edge1");
  command.argument("NODE", options->node, "Only this edge, be it that it differs or not");
  command.option("--edge", options->edge, "URL",
                 "Ask this admin address from here: the controller need not reach the edge");
  command.action([options, &session]() -> Outcome {
    if (options->edge) return compare_with_edge(*options, session);
    return report_diverged(*options, session);
  });
}

}  // namespace tidemark::cli
