#include "producer/api/api_error.hpp"

#include <boost/json.hpp>

namespace tidemark::producer {
namespace json = boost::json;
namespace {

json::object to_json(const ApiError::Detail& detail) {
  json::object object;
  if (detail.line > 0) {
    object["line"] = detail.line;
    object["column"] = detail.column;
  }
  if (!detail.owner.empty()) object["owner"] = detail.owner;
  if (!detail.type.empty()) object["type"] = detail.type;
  object["rule"] = detail.rule;
  object["message"] = detail.message;
  return object;
}

struct Kind {
  unsigned status;
  std::string code;
  std::string remedy;
};

Kind kind_of(fold::Reason reason, Condition condition) {
  switch (fold::kind_of(reason)) {
    case fold::ReasonKind::Precondition:
      if (condition == Condition::Clients) {
        return {412, "precondition-failed", "read the zone again and decide anew"};
      }
      return {409, "conflict", "somebody else was first: read the zone again and decide anew"};
    case fold::ReasonKind::Rule:
      if (reason == fold::Reason::PoolInUse) {
        return {422, "invalid", "delete the POOL records that name it first"};
      }
      return {422, "invalid", "repair what details lists; nothing was changed"};
    case fold::ReasonKind::Guard: break;
  }
  if (reason == fold::Reason::RemovalGuard) {
    return {403, "guard",
            "if this is meant, send it again with ?acknowledge_removals=N, or with ?hold=1 for "
            "somebody else to approve"};
  }
  return {403, "guard", "nothing may be emptied while it is in use"};
}

// What to do about an error that says nothing of its own.
std::string_view remedy_for(std::string_view code) {
  if (code == "bad-request") return "docs/http-api.md shows the form; nothing was changed";
  if (code == "invalid") return "repair what the message names; nothing was changed";
  if (code == "not-found") return "docs/http-api.md lists the routes";
  if (code == "method-not-allowed") return "use one of the methods of the header Allow";
  if (code == "forbidden") return "use a token with that scope";
  return "see docs/http-api.md";
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

net::HttpResponse to_response(const ApiError& error) {
  json::object body{{"code", error.code}, {"message", error.message}};
  body["object"] = error.object.empty() ? "this request" : error.object;
  body["remedy"] = error.remedy.empty() ? remedy_for(error.code) : error.remedy;
  if (error.acknowledge_removals) body["acknowledge_removals"] = *error.acknowledge_removals;
  json::array details;
  for (const auto& detail : error.details) details.push_back(to_json(detail));
  body["details"] = std::move(details);
  net::HttpResponse response;
  response.status = error.status;
  response.body = json::serialize(json::object{{"error", std::move(body)}});
  return response;
}

ApiError bad_request(std::string message, std::string remedy) {
  return {400, "bad-request", std::move(message), {}, std::move(remedy)};
}
ApiError not_found(std::string what, std::string object, std::string remedy) {
  return {404, "not-found", std::move(what), std::move(object), std::move(remedy)};
}
ApiError invalid(std::string message, std::string object, std::string remedy) {
  return {422, "invalid", std::move(message), std::move(object), std::move(remedy)};
}
ApiError unavailable(std::string message) {
  return {503, "unavailable", std::move(message), {}, "try again later"};
}

ApiError from_problems(const Problems& problems, const std::string& object, Condition condition) {
  const Problem& first = problems.list().front();
  Kind kind = kind_of(first.rule, condition);
  if (first.rule == fold::Reason::ZoneMissing && condition == Condition::Ours) {
    kind = {404, "not-found", "create the zone with PUT first"};
  }
  ApiError error{kind.status, kind.code, first.message, object, kind.remedy};
  if (problems.count() > 1) error.message = counted(problems.count(), "rule") + " broken";
  for (const Problem& problem : problems.list()) {
    error.details.push_back({0, 0, problem.owner ? problem.owner->to_text() : std::string(),
                             problem.type ? dns::to_text(*problem.type) : std::string(),
                             std::string(fold::to_text(problem.rule)), problem.message});
    if (problem.removals) error.acknowledge_removals = problem.removals;
  }
  if (problems.count() > problems.list().size()) {
    error.details.push_back(
        {.rule = "more",
         .message = "and " + std::to_string(problems.count() - problems.list().size()) + " more"});
  }
  return error;
}

ApiError from_rejection(fold::Reason reason, const std::string& detail, const std::string& object,
                        Condition condition) {
  const Kind kind = kind_of(reason, condition);
  ApiError error{kind.status, kind.code, detail, object, kind.remedy};
  error.details.push_back({.rule = std::string(fold::to_text(reason)), .message = detail});
  return error;
}

ApiError from_master_file(const dns::MasterFileErrors& errors, const std::string& object) {
  ApiError error = invalid(counted(errors.errors.size(), "error") + " in the master file", object,
                           "repair the lines that details lists; nothing was changed");
  for (const dns::Remark& remark : errors.errors) {
    error.details.push_back({remark.line, remark.column, {}, {}, "syntax", remark.what});
  }
  return error;
}

}  // namespace tidemark::producer
