// tidemark why: what an edge answers to a question, and every step on the way.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/past.hpp"
#include "cli/table.hpp"
#include "cli/why_past.hpp"
#include "core/dns/name.hpp"
#include "dns-edge/answer/explain.hpp"
#include "net/http_client.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds answer_within{10};
constexpr std::size_t answer_octets_max = std::size_t{16} << 20U;

struct Options {
  std::string name, type = "A";
  std::optional<std::string> client;
  std::string edge = "http://127.0.0.1:9153";
  std::optional<std::uint64_t> payload;
  bool tcp = false, dnssec = false;
  std::optional<std::string> at;
  PastOptions past;
};

// What is wrong with the question is told before anybody is asked.
Outcome check(const Options& options) {
  if (const auto name = dns::Name::parse(options.name); !name) {
    return fail(Exit::Usage, "NAME " + plain(options.name) + ": " + name.error().trail,
                "tidemark why www.example.org A");
  }
  if (const auto type = edge::explainable_type(options.type); !type) {
    return fail(Exit::Usage, "TYPE: " + plain(type.error().trail),
                "tidemark why " + plain(options.name) + " A");
  }
  if (options.client && !net::parse_ip(*options.client)) {
    return fail(
        Exit::Usage, "--client " + plain(*options.client) + ": not an IP address",
        "tidemark why " + plain(options.name) + " " + plain(options.type) + " --client 192.0.2.1");
  }
  return {};
}

std::string target_of(const std::string& base, const Options& options) {
  std::string target =
      (base == "/" ? "" : base) + "/why?name=" + net::encode_segment(options.name) +
      "&type=" + net::encode_segment(options.type) + "&transport=" + (options.tcp ? "tcp" : "udp") +
      "&dnssec=" + (options.dnssec ? "1" : "0");
  if (options.client) target += "&client=" + net::encode_segment(*options.client);
  if (options.payload) target += "&payload=" + std::to_string(*options.payload);
  return target;
}

std::string complaint_of(const net::HttpResponse& response) {
  const auto answer = parse_answer(response.body);
  return answer ? plain(shown(object_of(answer->get_object(), "error"), "message")) : "";
}

Failure failure_of_edge(const Options& options, const net::HttpResponse& response) {
  const std::string at = "the edge at " + options.edge + ": ";
  const std::string said = complaint_of(response);
  if (response.status == 503) return {Exit::Error, at + said, "tidemark fleet"};
  if (response.status == 400 && !said.empty()) return {Exit::Usage, at + said};
  return {Exit::Error,
          at + "HTTP " + std::to_string(response.status) + (said.empty() ? "" : ": " + said) +
              ": this is not the admin address of an edge, or it is an older one without /why",
          "tidemark fleet    # column ADMIN, then --edge http://ADDR:PORT"};
}

Expected<std::string> ask_edge(const Options& options, const Session& session) {
  auto url = net::parse_url(options.edge);
  if (!url) {
    return fail(Exit::Usage, "--edge " + plain(options.edge) + ": " + url.error().trail,
                "tidemark why " + plain(options.name) + " " + plain(options.type) +
                    " --edge http://127.0.0.1:9153");
  }
  net::HttpCall call;
  call.url = *std::move(url);
  call.url.target = target_of(call.url.target, options);
  call.headers.add("User-Agent", "tidemark");
  call.ca_file = session.ca_file.value_or("");
  call.response_octets_max = answer_octets_max;
  auto response = net::fetch(std::move(call), answer_within);
  if (!response) {
    return fail(Exit::Error, "no edge answers: " + response.error().trail,
                "tidemark fleet    # column ADMIN, then --edge http://ADDR:PORT");
  }
  if (response->status != 200) return std::unexpected(failure_of_edge(options, *response));
  return std::move(response->body);
}

std::string question_text(const json::object& why) {
  const json::object& question = object_of(why, "question");
  const json::object& version = object_of(why, "version");
  std::string out = "question  " + plain(shown(question, "name")) + " " + shown(question, "type") +
                    ", over " + shown(question, "transport");
  if (question.contains("client")) out += ", from " + shown(question, "client");
  if (is_true(question, "dnssec")) out += ", DO";
  return out + "\nversion   seq " + shown(version, "seq") + ", hash " +
         shown(version, "state_hash") + ", lineage " + shown(version, "lineage") + "\nhealth    " +
         (shown(version, "health_position") == "-1"
              ? "no record yet"
              : "position " + shown(version, "health_position")) +
         "\n";
}

std::string steps_text(const json::object& why) {
  Table table({"STEP", "WHAT", "WHY"});
  std::size_t number = 0;
  for (const json::value& one : list_of(why, "steps")) {
    if (!one.is_object()) continue;
    const json::object& step = one.get_object();
    table.row({std::to_string(++number), shown(step, "kind"), shown(step, "text")});
  }
  return table.to_text();
}

std::string pool_text(const json::object& pool) {
  Table table({"ENDPOINT", "ADDRESS", "VERDICT", "RULE", "WEIGHT", "STATUS", "ANSWERED", "CAUSE"});
  for (const json::value& each : list_of(pool, "endpoints")) {
    if (!each.is_object()) continue;
    const json::object& endpoint = each.get_object();
    const std::string verdict = is_true(endpoint, "drained") ? "drained"
                                : is_true(endpoint, "up")    ? "up"
                                                             : "DOWN";
    table.row({shown(endpoint, "id"), shown(endpoint, "address"), verdict, shown(endpoint, "rule"),
               shown(endpoint, "weight"), shown(endpoint, "status"),
               is_true(endpoint, "answered") ? "yes" : "no", shown(endpoint, "cause")});
  }
  return "\npool " + plain(shown(pool, "name")) + " for " + plain(shown(pool, "owner")) + " " +
         shown(pool, "type") + ": chosen by " + shown(pool, "choice") + ", floor " +
         shown(pool, "floor") + ", quorum " + shown(pool, "quorum") +
         ", all down: " + shown(pool, "all_down") + "; masks: up " + shown(pool, "up_mask") +
         ", members " + shown(pool, "member_mask") + ", answered " + shown(pool, "answer_mask") +
         "\n" + table.to_text();
}

std::string result_text(const json::object& why) {
  const json::object& size = object_of(why, "size");
  std::string out = "\nresult    " + shown(why, "status") + ", flags " + shown(why, "flags") +
                    ", " + shown(size, "octets") + " of at most " + shown(size, "octets_max") +
                    " octets";
  if (is_true(size, "truncated")) out += ", truncated";
  if (why.contains("extended_error")) out += ", extended error " + shown(why, "extended_error");
  if (why.contains("negative_ttl"))
    out += ", kept by resolvers for " + shown(why, "negative_ttl") + " s";
  return out + "\n";
}

// The message as dig prints it, line by line: what zones hold may be meant to harm a terminal.
std::string message_text(const json::object& why) {
  std::string out;
  const std::string text = shown(why, "message");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += plain(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

std::string why_text(const json::object& why) {
  std::string out = question_text(why) + "\n" + steps_text(why);
  for (const json::value& pool : list_of(why, "pools")) {
    if (pool.is_object()) out += pool_text(pool.get_object());
  }
  return out + result_text(why) + message_text(why);
}

// Of an old version nobody is asked but the history.
Outcome why_then(const Options& options, const Session& session) {
  auto past = Past::open(options.past, session);
  if (!past) return std::unexpected(std::move(past).error());
  net::HttpRequest question;
  question.query = {{"name", options.name},
                    {"type", options.type},
                    {"transport", options.tcp ? "tcp" : "udp"},
                    {"dnssec", options.dnssec ? "1" : "0"}};
  if (options.client) question.query.emplace_back("client", *options.client);
  if (options.payload) question.query.emplace_back("payload", std::to_string(*options.payload));
  auto answer = why_past(*past, question, *options.at);
  if (!answer) return std::unexpected(std::move(answer).error());
  print(session.json() ? json::serialize(*answer) + "\n"
                       : why_text(*answer) + why_past_text(*answer));
  return {};
}

Outcome why(const Options& options, const Session& session) {
  if (auto checked = check(options); !checked) return checked;
  if (options.at) return why_then(options, session);
  auto body = ask_edge(options, session);
  if (!body) return std::unexpected(std::move(body).error());
  if (session.json()) {
    print(*body);
    return {};
  }
  auto answer = parse_answer(*body);
  if (!answer) return std::unexpected(std::move(answer).error());
  print(why_text(answer->get_object()));
  return {};
}

}  // namespace

void add_why(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = root.add("why", "Asks an edge what it answers to a question, and why",
                             "tidemark why www.example.org A --edge http://127.0.0.1:9153");
  command.argument("NAME", options->name, "The name that is asked for");
  command.argument("TYPE", options->type, "A record type, TYPE123 or ANY");
  command.option("--edge", options->edge, "URL",
                 "The edge's admin address (tidemark fleet: ADMIN)");
  command.from_environment("--edge", "TIDEMARK_EDGE");
  command.option("--client", options->client, "ADDR", "As if this address asked");
  command.flag("--tcp", options->tcp, "As if it were asked over TCP");
  command.flag("--dnssec", options->dnssec, "As if the DO bit were set");
  command.option("--payload", options->payload, "OCTETS",
                 "As if the client took so much over UDP; 0: a query without EDNS (default: 1232)");
  command.option("--at", options->at, "WHEN",
                 "Of a version of the past (123, a change's id, a time, 2h), with the change that "
                 "made it so; a controller is asked, no edge");
  add_past_options(command, options->past);
  command.action([options, &session] { return why(*options, session); });
}

}  // namespace tidemark::cli
