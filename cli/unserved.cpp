#include "cli/unserved.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "cli/json_fields.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

// "fleet", "ring:eu", "node:e1" as the options of a pin.
std::string scope_options(const std::string& scope) {
  const std::size_t colon = scope.find(':');
  if (colon == std::string::npos) return {};
  return " --" + scope.substr(0, colon) + " " + shell_quoted(scope.substr(colon + 1));
}

// What ends the first hold that a straggler names; they are few, and often one.
std::string next_command(const json::object& progress) {
  for (const json::value& one : list_of(progress, "stragglers")) {
    if (!one.is_object() || number_of(one.get_object(), "pin_seq") == 0) continue;
    return "tidemark pins    # whose it is, and why; then: tidemark unpin" +
           scope_options(plain(shown(one.get_object(), "pin_scope"))) + " --reason TEXT";
  }
  const bool gated =
      std::ranges::any_of(list_of(progress, "stragglers"), [](const json::value& one) {
        return one.is_object() && shown(one.get_object(), "why").starts_with("ring ");
      });
  return gated ? "tidemark rollout status" : "tidemark fleet";
}

}  // namespace

std::string not_vouching(const json::object& told) {
  if (!told.contains("state") || shown(told, "state") == "LIVE") return {};
  const std::string detail = plain(shown(told, "detail"));
  return "the controller itself is " + plain(shown(told, "state")) +
         (detail.empty() || detail == "-" ? "" : ": " + detail) +
         ": it cannot say what edges serve";
}

std::string straggler_lines(const json::object& progress) {
  std::string out;
  for (const json::value& one : list_of(progress, "stragglers")) {
    if (!one.is_object()) continue;
    const json::object& edge = one.get_object();
    out += plain(shown(edge, "node")) + " (ring " + plain(shown(edge, "ring")) +
           ") serves version " + shown(edge, "active_seq") + ": " + plain(shown(edge, "why")) +
           "\n";
  }
  return out;
}

Failure unserved(std::string what, const json::object& progress) {
  if (const std::string doubt = not_vouching(object_of(progress, "controller")); !doubt.empty()) {
    return {Exit::TimeOut, std::move(what) + ": " + doubt, "tidemark status"};
  }
  return {Exit::TimeOut, std::move(what), next_command(progress)};
}

}  // namespace tidemark::cli
