#include "cli/report.hpp"

#include <boost/json.hpp>

#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

std::string diff_counts(const json::object& diff) {
  return shown(diff, "added") + " RRsets added, " + shown(diff, "changed") + " changed, " +
         shown(diff, "removed") + " removed";
}

std::string diff_lines(const json::object& diff) {
  std::string out;
  for (const json::value& line : list_of(diff, "lines")) out += "  " + plain(shown(line)) + "\n";
  return out;
}

namespace {

std::string zones_of(const json::object& answer) {
  std::string out;
  for (const auto& [name, value] : object_of(answer, "zones")) {
    if (!value.is_object()) continue;
    const json::object& zone = value.get_object();
    out += ", " + std::string(name.data(), name.size()) +
           (is_true(zone, "deleted")
                ? " is gone"
                : " serial " + shown(zone, "serial") + " seq " + shown(zone, "seq"));
  }
  return out;
}

// Nothing is changed yet: not a success that a script may build on.
Outcome report_held(const Session& session, const std::string& object, const ApiReply& reply) {
  auto parsed = parse_answer(reply.body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const json::object& answer = parsed->get_object();
  const std::string id = plain(shown(answer, "held"));
  if (session.json()) {
    print(reply.body + "\n");
  } else {
    const json::object& diff = object_of(answer, "diff");
    print(object + ": held as " + id + ": " + diff_counts(diff) + "\n");
  }
  return fail(Exit::Guard,
              object + ": held as " + id + ": nothing is changed before somebody else approves it",
              "tidemark held approve " + id + " --reason TEXT");
}

}  // namespace

Outcome report_change(const Session& session, const std::string& object, const ApiReply& reply) {
  if (reply.status == 201) return report_held(session, object, reply);
  if (session.json()) {
    print(reply.body + "\n");
    if (!reply.not_live.empty()) note("tidemark: not live: " + reply.not_live);
    return {};
  }
  auto parsed = parse_answer(reply.body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const json::object& answer = parsed->get_object();
  for (const json::value& warning : list_of(answer, "warnings")) {
    note("tidemark: warning: " + object + ": " + plain(shown(warning)));
  }
  if (answer.contains("changed") && !is_true(answer, "changed")) {
    print(object + ": nothing to change, it is so already\n");
    return {};
  }
  const json::object& version = object_of(answer, "version");
  const std::string seq = shown(version.empty() ? answer : version, "seq");
  print(object + ": changed at offset " + shown(answer, "offset") + ", version seq " + seq +
        zones_of(answer) +
        (answer.contains("change_id") ? ", change " + shown(answer, "change_id") : "") + "\n");
  if (const json::object& diff = object_of(answer, "diff"); !diff.empty()) {
    constexpr std::size_t lines_shown = 20;
    if (list_of(diff, "lines").size() <= lines_shown) {
      print(diff_lines(diff));
    } else {
      print("  " + diff_counts(diff) + "\n");
    }
  }
  if (!list_of(answer, "edges").empty()) {
    print("served by " + joined(list_of(answer, "edges"), ", ") + "\n");
  } else if (reply.served_everywhere) {
    print("served by every live edge\n");
  }
  if (!reply.not_live.empty()) print("not live: " + reply.not_live + "\n");
  return {};
}

Outcome report_dry_run(const Session& session, const std::string& object, const ApiReply& reply) {
  if (session.json()) {
    print(reply.body + "\n");
    return {};
  }
  auto parsed = parse_answer(reply.body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const json::object& answer = parsed->get_object();
  for (const json::value& warning : list_of(answer, "warnings")) {
    note("tidemark: warning: " + object + ": " + plain(shown(warning)));
  }
  const json::object& diff = object_of(answer, "diff");
  if (!is_true(answer, "changed")) {
    print(object + ": no difference\n");
  } else {
    print(object + ": " + diff_counts(diff) + "\n" + diff_lines(diff));
  }
  return {};
}

std::string rrset_lines(const json::object& rrset) {
  std::string out;
  for (const json::value& rdata : list_of(rrset, "rdata")) {
    out += shown(rrset, "name") + " " + shown(rrset, "ttl") + " IN " + shown(rrset, "type") + " " +
           shown(rdata) + "\n";
  }
  return out;
}

Outcome report_answer(const Session& session, const ApiRequest& request,
                      std::string (*show)(const json::object&)) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply = api->ask(request);
  if (!reply) return std::unexpected(std::move(reply).error());
  if (session.json()) {
    print(reply->body + "\n");
    return {};
  }
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  print(show(answer->get_object()));
  return {};
}

}  // namespace tidemark::cli
