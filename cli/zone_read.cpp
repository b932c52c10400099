// tidemark zone export|list|show.
#include <memory>

#include <boost/json.hpp>

#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/zone_commands.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

Expected<ApiReply> ask(const Session& session, const ApiRequest& request) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  return api->ask(request);
}

Outcome export_zone(const std::string& zone, const Session& session) {
  auto reply = ask(session, {.path = {"zones", zone},
                             .accept = session.json() ? "application/json" : "text/dns"});
  if (!reply) return std::unexpected(std::move(reply).error());
  print(reply->body);
  if (session.json()) print("\n");
  return {};
}

Outcome list_zones(const Session& session) {
  auto reply = ask(session, {.path = {"zones"}});
  if (!reply) return std::unexpected(std::move(reply).error());
  if (session.json()) {
    print(reply->body + "\n");
    return {};
  }
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  Table table({"ZONE", "SERIAL", "SEQ", "RRSETS", "HASH"});
  for (const json::value& one : list_of(answer->get_object(), "zones")) {
    if (!one.is_object()) continue;
    const json::object& zone = one.get_object();
    table.row({shown(zone, "name"), shown(zone, "serial"), shown(zone, "seq"),
               shown(zone, "rrset_count"), shown(zone, "hash")});
  }
  print(table.empty() ? "no zones\n" : table.to_text());
  return {};
}

Outcome show_zone(const std::string& name, const Session& session) {
  auto reply = ask(session, {.path = {"zones", name}});
  if (!reply) return std::unexpected(std::move(reply).error());
  if (session.json()) {
    print(reply->body + "\n");
    return {};
  }
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  const json::object& zone = answer->get_object();
  const json::object& settings = object_of(zone, "settings");
  print("zone    " + shown(zone, "name") + "\nserial  " + shown(zone, "serial") + "\nseq     " +
        shown(zone, "seq") + "\nhash    " + shown(zone, "hash") + "\nguard   a change may remove " +
        shown(settings, "removal_percent_max") + " % from " +
        shown(settings, "removal_rrsets_min") + " RRsets on\n\n");
  Table table({"NAME", "TTL", "TYPE", "RDATA"});
  for (const json::value& one : list_of(zone, "rrsets")) {
    if (!one.is_object()) continue;
    const json::object& rrset = one.get_object();
    for (const json::value& rdata : list_of(rrset, "rdata")) {
      table.row({shown(rrset, "name"), shown(rrset, "ttl"), shown(rrset, "type"), shown(rdata)});
    }
  }
  print(table.to_text());
  return {};
}

}  // namespace

void add_zone_reads(Command& zone, Session& session) {
  const auto add = [&zone, &session](const std::string& verb, const std::string& what,
                                     const std::string& example, auto act) {
    auto name = std::make_shared<std::string>();
    Command command = zone.add(verb, what, example);
    command.argument("ZONE", *name, "Name of the zone");
    command.action([name, act, &session] { return act(*name, session); });
  };
  add("export", "Writes a zone as a master file", "tidemark zone export example.org > example.zone",
      export_zone);
  Command list = zone.add("list", "Lists all zones", "tidemark zone list -o json");
  list.action([&session] { return list_zones(session); });
  add("show", "Shows a zone's version, settings and records", "tidemark zone show example.org",
      show_zone);
}

}  // namespace tidemark::cli
