#include "cli/api_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include <boost/json.hpp>

#include "cli/json_fields.hpp"
#include "cli/progress.hpp"
#include "cli/random_change_id.hpp"
#include "cli/table.hpp"
#include "cli/unserved.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds answer_within{30};
// What the slowest controller that we want to know takes in; a large zone gets so much more time.
constexpr std::size_t octets_per_second = 100'000;
constexpr std::chrono::milliseconds look_again{100};
// A larger body is not waited for in one exchange: following the change shows how far it is.
constexpr std::size_t quick_body_octets_max = std::size_t{1} << 20U;
constexpr int tries_max = 3;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

std::string target_of(const std::string& base, const ApiRequest& request) {
  std::string target = base == "/" ? "" : base;
  target += "/v1";
  for (const std::string& segment : request.path) target += "/" + net::encode_segment(segment);
  char mark = '?';
  for (const auto& [name, value] : request.query) {
    target += mark + name + "=" + net::encode_segment(value);
    mark = '&';
  }
  return target;
}

std::string author_of(const Session& session) {
  if (session.author) return *session.author;
  const char* user = std::getenv("USER");  // NOLINT(concurrency-mt-unsafe): before any thread
  return user != nullptr && *user != '\0' ? user : "local";
}

std::string detail_line(const json::object& detail, const std::string& file) {
  std::string line;
  if (detail.contains("line")) {
    line = (file.empty() ? "" : file + ":") + shown(detail, "line") + ":" +
           shown(detail, "column") + ": ";
  }
  if (detail.contains("owner")) line += shown(detail, "owner") + " ";
  if (detail.contains("type")) line += shown(detail, "type") + " ";
  if (!line.empty() && line.back() == ' ' && detail.contains("owner")) line.back() = ':';
  if (!line.empty() && line.back() == ':') line += ' ';
  return line + shown(detail, "message");
}

std::string behind_a_dash(const std::string& not_live) {
  return not_live.empty() ? "" : " - not live: " + not_live;
}

// Live edges that are behind a version, or hold something else than the controller.
struct Stragglers {
  std::size_t live = 0;
  json::array edges{}, names{};
};
Stragglers stragglers_of(const json::object& fleet, std::uint64_t seq) {
  Stragglers behind;
  for (const json::value& one : list_of(fleet, "nodes")) {
    if (!one.is_object() || !is_true(one.get_object(), "live")) continue;
    ++behind.live;
    const bool differs = shown(one.get_object(), "proof").ends_with("differs");
    if (number_of(one.get_object(), "active_seq") >= seq && !differs) continue;
    behind.edges.push_back(one);
    behind.names.push_back(json::value(shown(one.get_object(), "node")));
  }
  return behind;
}

// A detail that says the headline again, of an object that the headline names, adds nothing.
bool repeats(const json::object& detail, const json::object& error) {
  if (shown(detail, "message") != shown(error, "message")) return false;
  if (!detail.contains("owner")) return true;
  const std::string owner = shown(detail, "owner");
  const std::string object = shown(error, "object");
  return object == owner + " " + shown(detail, "type") ||
         (object == owner && !detail.contains("type"));
}

}  // namespace

Failure failure_of(unsigned status, const std::string& body, const std::string& file) {
  const auto answer = parse_answer(body);
  if (!answer || !answer->get_object().contains("error")) {
    return {Exit::Error, "the answer is HTTP " + std::to_string(status) + ": is this a controller?",
            "tidemark status --api URL"};
  }
  if (answer->get_object().at("error").is_string()) {  // told before any route was looked at
    return {Exit::Error,
            "HTTP " + std::to_string(status) + ": " + plain(shown(answer->get_object(), "error"))};
  }
  const json::object& error = object_of(answer->get_object(), "error");
  const std::string code = shown(error, "code");
  std::string what = (error.contains("object") ? shown(error, "object") + ": " : std::string()) +
                     code + ": " + shown(error, "message");
  const json::array& details = list_of(error, "details");
  for (const json::value& detail : details) {
    if (!detail.is_object()) continue;
    const json::object& one = detail.get_object();
    if (details.size() == 1 && repeats(one, error)) continue;
    what += "\n  " + plain(detail_line(one, file));
  }
  std::string next = error.contains("remedy") ? shown(error, "remedy") : "";
  if (code == "unauthorized") next = "--token-file FILE, or the environment TIDEMARK_TOKEN_FILE";
  Failure failure(code == "guard" ? Exit::Guard : Exit::Error, std::move(what), std::move(next));
  if (error.contains("acknowledge_removals")) {
    failure.removals = number_of(error, "acknowledge_removals");
    failure.with = "--acknowledge-removals " + std::to_string(*failure.removals);
    failure.next.clear();  // the complete commands stand behind it
  }
  return failure;
}

Expected<ApiClient> ApiClient::connect(const Session& session) {
  auto url = net::parse_url(session.api);
  if (!url) {
    return fail(Exit::Usage, "--api " + plain(session.api) + ": " + url.error().trail,
                "--api http://127.0.0.1:8053 (TIDEMARK_API)");
  }
  std::string token;
  if (session.token_file) {
    TIDEMARK_TRY(token, read_text_file(*session.token_file));
    token = trimmed(std::move(token));
  }
  return ApiClient(session, *std::move(url), std::move(token));
}

net::HttpCall ApiClient::call_of(const ApiRequest& request) const {
  net::HttpCall call;
  call.url = url_;
  call.method = request.method;
  call.body = request.body;
  call.url.target = target_of(url_.target, request);
  call.headers.add("Accept", request.accept);
  call.headers.add("User-Agent", "tidemark");
  if (!request.body.empty()) call.headers.add("Content-Type", request.content_type);
  for (const auto& [name, value] : request.headers) call.headers.add(name, value);
  if (!token_.empty()) {
    call.headers.add("Authorization", "Bearer " + token_);
  } else if (!call.headers.get("Tidemark-Author")) {
    call.headers.add("Tidemark-Author", plain(author_of(session_)));
  }
  call.ca_file = session_.ca_file.value_or("");
  call.response_octets_max = std::size_t{1} << 30U;  // a whole zone
  return call;
}

Expected<net::HttpResponse> ApiClient::exchange(const net::HttpCall& call,
                                                std::chrono::milliseconds deadline) const {
  deadline += std::chrono::seconds(call.body.size() / octets_per_second);
  const auto begun = Clock::now();
  for (int tries = 1;; ++tries) {
    auto response = net::fetch(call, deadline);
    if (response) return *std::move(response);
    const bool late = Clock::now() - begun >= deadline;
    const bool unknown = response.error().code == base::Errc::Unknown;
    if (unknown && !late && tries < tries_max) continue;  // its Idempotency-Key makes this harmless
    return fail(late ? Exit::TimeOut : Exit::Error,
                "the controller does not answer: " + response.error().trail +
                    (unknown ? "; the change may or may not have been made" : ""),
                unknown ? "tidemark changes --limit 5"
                        : "start tidemark-controller, or name it: --api URL (TIDEMARK_API)");
  }
}

Expected<ApiReply> ApiClient::ask(const ApiRequest& request) const {
  auto response = exchange(call_of(request), answer_within);
  if (!response) return std::unexpected(std::move(response).error());
  if (response->status >= 300) {
    return std::unexpected(failure_of(response->status, response->body, request.file));
  }
  return ApiReply{response->status, std::move(response->body)};
}

Expected<ApiReply> ApiClient::mutate(ApiRequest request, const MutationOptions& options) const {
  request.query.emplace_back("reason", options.reason);
  if (options.hold) request.query.emplace_back("hold", "1");
  if (options.rollout != "standard") request.query.emplace_back("rollout", options.rollout);
  net::HttpCall call = call_of(request);
  call.headers.add("Idempotency-Key", base::to_hex(random_change_id().value()));
  std::chrono::milliseconds patience = answer_within;
  if (options.wait_seconds && request.body.size() <= quick_body_octets_max) {
    call.headers.add("Prefer", "wait=" + std::to_string(*options.wait_seconds));
    patience += std::chrono::seconds(*options.wait_seconds);
  }
  const auto begun = Clock::now();
  auto response = exchange(call, patience);
  if (!response) return std::unexpected(std::move(response).error());
  if (response->status >= 300) {
    return std::unexpected(failure_of(response->status, response->body, request.file));
  }
  auto answer = parse_answer(response->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  const json::object& body = answer->get_object();
  if (response->status == 202) return follow(shown(body, "change_id"), options, begun);
  const bool held = response->status == 201;  // nobody serves it yet
  if (options.wait_seconds && !held && !body.contains("acked")) {
    auto served = wait_for_edges(number_of(object_of(body, "version"), "seq"),
                                 begun + std::chrono::seconds(*options.wait_seconds));
    if (!served) return std::unexpected(std::move(served).error());
  } else if (options.wait_seconds && !is_true(body, "acked")) {
    return std::unexpected(not_served(body, *options.wait_seconds));
  }
  ApiReply reply{response->status, std::move(response->body)};
  if (options.wait_seconds && !held) {
    reply.served_everywhere = true;
    reply.not_live = not_live();
  }
  return reply;
}

// Of a change that is made, or a pin that is set, and was not seen everywhere in time.
Failure ApiClient::not_served(const json::object& answer, std::uint64_t seconds) const {
  const std::string time = " after " + std::to_string(seconds) + " s ";
  const std::string stragglers = plain(joined(list_of(answer, "stragglers"), ", "));
  if (answer.contains("scope")) {
    const std::string scope = plain(shown(answer, "scope"));
    std::string what =
        scope + (is_true(answer, "pinned") ? " is pinned" : " is no longer pinned") + ", but" +
        time +
        (stragglers.empty() ? "no live edge is of it" : "these edges do not obey: " + stragglers);
    for (const char* each : {"warnings", "troubles"}) {
      for (const json::value& one : list_of(answer, each)) what += "\n" + plain(shown(one));
    }
    return {Exit::TimeOut, std::move(what) + behind_a_dash(not_live()), "tidemark pins"};
  }
  const std::string id = plain(shown(answer, "change_id"));
  const auto reply = ask({.path = {"changes", id, "progress"}});
  const auto parsed = reply ? parse_answer(reply->body) : Expected<json::value>(json::object());
  const json::object progress = parsed ? parsed->get_object() : json::object();
  std::string what = "change " + id + " is made, but" + time +
                     (stragglers.empty() ? "no live edge is known to serve it"
                                         : "these edges do not serve it: " + stragglers) +
                     behind_a_dash(not_live());
  if (const std::string lines = straggler_lines(progress); !lines.empty()) {
    what += "\n" + lines.substr(0, lines.size() - 1);
  }
  return unserved(std::move(what), progress);
}

// The change once it is judged; nothing while it is pending.
Expected<std::optional<ApiReply>> ApiClient::judged(const std::string& change_id) const {
  auto reply = ask({.path = {"changes", change_id}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  const json::object& change = answer->get_object();
  const std::string state = shown(change, "state");
  if (state == "rejected") {
    return fail(Exit::Error,
                "change " + change_id + " was rejected: " + shown(change, "rule") + ": " +
                    shown(change, "message"),
                "read the zone again and decide anew");
  }
  if (state != "accepted") return std::optional<ApiReply>();
  return std::optional(*std::move(reply));
}

// How many ChangeSets wait in the controller's outbox; nothing if it does not say.
std::optional<std::uint64_t> ApiClient::backlog() const {
  const auto status = ask({.path = {"status"}});
  if (!status) return std::nullopt;
  const auto parsed = parse_answer(status->body);
  if (!parsed) return std::nullopt;
  return number_of(object_of(parsed->get_object(), "outbox"), "changes");
}

// Stored by the controller, not judged yet: a large import, or a log that is away. Without a time
// of the user's own, patience begins anew whenever the outbox moves.
Expected<ApiReply> ApiClient::follow(const std::string& change_id, const MutationOptions& options,
                                     Clock::time_point begun) const {
  const std::chrono::seconds patience =
      options.wait_seconds ? std::chrono::seconds(*options.wait_seconds) : answer_within;
  auto deadline = begun + patience;
  Progress progress(session_, "waiting for the log");
  std::uint64_t most = 1;
  std::uint64_t last = 0;
  while (true) {
    auto done = judged(change_id);
    if (!done) return std::unexpected(std::move(done).error());
    if (std::optional<ApiReply> reply = *std::move(done)) {
      if (!options.wait_seconds) return *std::move(reply);
      const auto change = parse_answer(reply->body);
      if (!change) return std::unexpected(change.error());
      auto served = wait_for_edges(number_of(change->get_object(), "seq"), deadline);
      if (!served) return std::unexpected(std::move(served).error());
      reply->served_everywhere = true;
      reply->not_live = not_live();
      return *std::move(reply);
    }
    if (Clock::now() > deadline) {
      return fail(Exit::TimeOut,
                  "change " + change_id +
                      " is stored by the controller and will be sent, but the log has not taken "
                      "it within " +
                      std::to_string(patience.count()) + " s",
                  "tidemark changes " + change_id);
    }
    if (const auto left = backlog()) {
      if (*left != last && !options.wait_seconds) deadline = Clock::now() + patience;
      last = *left;
      most = std::max(most, last);
      progress.show(most - last, most);
    }
    std::this_thread::sleep_for(look_again);
  }
}

// Edges that have reported once and are not waited for; nothing if the controller does not say.
std::string ApiClient::not_live() const {
  const auto reply = ask({.path = {"fleet"}});
  if (!reply) return {};
  const auto answer = parse_answer(reply->body);
  if (!answer) return {};
  std::string names;
  for (const json::value& one : list_of(answer->get_object(), "nodes")) {
    if (!one.is_object() || is_true(one.get_object(), "live")) continue;
    names += (names.empty() ? "" : ", ") + plain(shown(one.get_object(), "node"));
  }
  return names;
}

Expected<void> ApiClient::wait_for_edges(std::uint64_t seq, Clock::time_point deadline) const {
  while (true) {
    auto reply = ask({.path = {"fleet"}});
    if (!reply) return std::unexpected(std::move(reply).error());
    auto answer = parse_answer(reply->body);
    if (!answer) return std::unexpected(std::move(answer).error());
    const json::object& fleet = answer->get_object();
    const Stragglers behind = stragglers_of(fleet, seq);
    if (behind.live > 0 && behind.edges.empty() && not_vouching(fleet).empty()) return {};
    if (Clock::now() > deadline) {
      const std::string names = plain(joined(behind.names, ", "));
      return std::unexpected(
          unserved("version " + std::to_string(seq) + " is made, but " +
                       (names.empty() ? "no live edge is known to serve it"
                                      : "these edges do not serve it: " + names) +
                       behind_a_dash(not_live()),
                   {{"controller", fleet}, {"stragglers", behind.edges}}));
    }
    std::this_thread::sleep_for(look_again);
  }
}

}  // namespace tidemark::cli
