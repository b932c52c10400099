// tidemark record set|rm|get: one RRset.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/hosted_zone.hpp"
#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/zone_put.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::string name, type;
  std::vector<std::string> rdata;
  std::optional<std::uint64_t> ttl, removals;
  std::optional<std::string> zone;
  bool dry_run = false;
  MutationOptions change;
};

std::string body_of(const Options& options) {
  json::array rdata;
  for (const std::string& one : options.rdata) rdata.emplace_back(one);
  json::object body{{"rdata", std::move(rdata)}};
  if (options.ttl) body["ttl"] = *options.ttl;
  return json::serialize(body);
}

Outcome run(const std::string& method, const Options& options, const Session& session) {
  const bool reads = method == "GET" || options.dry_run;
  if (auto given = reason_given(options.change, reads); !given) return given;
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto hosted = find_hosted(*api, options.name, options.zone);
  if (!hosted) return std::unexpected(std::move(hosted).error());
  const std::string object = hosted->owner + " " + options.type;
  ApiRequest request{.method = method,
                     .path = {"zones", hosted->zone, "rrsets", hosted->owner, options.type}};
  if (method == "PUT") request.body = body_of(options);
  if (options.removals) {
    request.query.emplace_back("acknowledge_removals", std::to_string(*options.removals));
  }
  auto reply = options.dry_run ? dry_run(*api, std::move(request))
               : reads         ? api->ask(request)
                               : api->mutate(std::move(request), options.change);
  if (!reply) {
    Failure failure = std::move(reply).error();
    if (failure.what.find("ttl: is missing") != std::string::npos) {
      failure.next = "the same command with --ttl 300";
    }
    return std::unexpected(std::move(failure));
  }
  if (options.dry_run) return report_dry_run(session, object, *reply);
  if (method != "GET") return report_change(session, object, *reply);
  if (session.json()) {
    print(reply->body + "\n");
    return {};
  }
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  print(rrset_lines(answer->get_object()));
  return {};
}

void add_name(Command& command, Options& options) {
  command.argument("NAME", options.name, "Absolute; with --zone also relative to it, or @");
  command.argument("TYPE", options.type, "A, AAAA, MX, TXT, ...; POOL answers from a pool");
  command.option("--zone", options.zone, "ZONE",
                 "The zone (default: the hosted one that matches NAME longest)");
}

}  // namespace

void add_record(Command root, Session& session) {
  Command record = root.add("record", "All records of one name and type",
                            "tidemark record get www.example.org A");
  {
    auto options = std::make_shared<Options>();
    Command set = record.add(
        "set", "Makes NAME hold exactly these records of TYPE",
        "tidemark record set www.example.org A 192.0.2.1 192.0.2.2 --ttl 60 --reason 'move' "
        "--wait 10");
    add_name(set, *options);
    set.arguments("RDATA", options->rdata,
                  "One record each; text with blanks or ; in quotes of its own: "
                  "'\"v=spf1 mx -all\"'; names in it are absolute: "
                  "\"10 mx1.example.org.\"");
    set.option("--ttl", options->ttl, "SECONDS", "Default: as before; a new one needs it");
    add_dry_run_options(set, options->change, options->dry_run);
    add_hold_option(set, options->change);
    set.action([options, &session] { return run("PUT", *options, session); });
  }
  {
    auto options = std::make_shared<Options>();
    Command rm = record.add("rm", "Removes all records of NAME and TYPE",
                            "tidemark record rm old.example.org A --reason 'unused'");
    add_name(rm, *options);
    rm.option("--acknowledge-removals", options->removals, "N",
              "Exactly N RRsets may go: what the guard asks for");
    add_dry_run_options(rm, options->change, options->dry_run);
    add_hold_option(rm, options->change);
    rm.action([options, &session] { return run("DELETE", *options, session); });
  }
  auto options = std::make_shared<Options>();
  Command get =
      record.add("get", "Shows the records of NAME and TYPE, as the controller holds them",
                 "tidemark record get www.example.org A");
  add_name(get, *options);
  get.action([options, &session] { return run("GET", *options, session); });
}

}  // namespace tidemark::cli
