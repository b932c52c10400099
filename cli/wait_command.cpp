// tidemark wait: until so many edges serve a change. tidemark events: what happens, as it happens.
#include <chrono>
#include <memory>
#include <thread>

#include <boost/json.hpp>

#include "cli/api_client.hpp"
#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/table.hpp"
#include "cli/unserved.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds look_again{100};
constexpr std::chrono::milliseconds events_again{300};
constexpr std::uint64_t timeout_default_seconds = 60;

std::string ms_of(const json::object& times, std::string_view key) {
  const auto* value = times.if_contains(key);
  return value != nullptr && value->is_int64() ? std::to_string(value->get_int64()) + " ms" : "-";
}

std::string progress_text(const json::object& progress) {
  std::string out = "change " + shown(progress, "change_id") + ", version " +
                    shown(progress, "seq") + ": " + shown(progress, "serving") + " of " +
                    shown(progress, "live") + " live edges serve it\n";
  const json::object& times = object_of(progress, "times_ms");
  if (!times.empty()) {
    out += "after its append: first " + ms_of(times, "first") + ", half " + ms_of(times, "half") +
           ", 99 % " + ms_of(times, "p99") + ", all " + ms_of(times, "all") + "\n";
  }
  out += straggler_lines(progress);
  for (const json::value& one : list_of(progress, "nacks")) {
    if (!one.is_object()) continue;
    out += plain(shown(one.get_object(), "node")) +
           " complains: " + plain(shown(one.get_object(), "reason")) + "\n";
  }
  return out;
}

Failure too_late(const json::object& progress, std::uint64_t seconds, const std::string& on) {
  std::string what = "not within " + std::to_string(seconds) + " s on " + on;
  const std::string state = shown(progress, "state");
  if (state == "pending") what += ": the log has not taken the change yet";
  if (state == "accepted") {
    what += ": " + progress_text(progress);
    what.pop_back();
    if (number_of(progress, "live") == 0) what += "\nno edge is live";
  }
  return unserved(std::move(what), progress);
}

struct WaitOptions {
  std::string change, on = "all";
  std::optional<std::uint64_t> timeout_seconds{};
  bool unseen = false;
};

Outcome wait(const WaitOptions& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  const std::uint64_t seconds = options.timeout_seconds.value_or(timeout_default_seconds);
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  while (true) {
    ApiRequest request{.path = {"changes", options.change, "progress"},
                       .query = {{"on", options.on}}};
    if (options.unseen) request.query.emplace_back("unseen", "1");
    auto reply = api->ask(request);
    if (!reply) return std::unexpected(std::move(reply).error());
    auto answer = parse_answer(reply->body);
    if (!answer) return std::unexpected(std::move(answer).error());
    const json::object& progress = answer->get_object();
    if (shown(progress, "state") == "rejected") {
      return fail(Exit::Error,
                  "change " + options.change + " was rejected: " + shown(progress, "rule"),
                  "tidemark changes " + options.change);
    }
    if (is_true(progress, "reached")) {
      print(session.json() ? reply->body + "\n" : progress_text(progress));
      return {};
    }
    if (Clock::now() >= deadline) {
      if (session.json()) print(reply->body + "\n");
      return std::unexpected(too_late(progress, seconds, options.on));
    }
    std::this_thread::sleep_for(look_again);
  }
}

struct EventOptions {
  std::optional<std::string> after;
  bool follow = false;
  std::optional<std::uint64_t> limit;
};

std::string event_line(const json::object& event) {
  std::string out = shown(event, "id") + " " + shown(event, "event");
  for (const auto& [key, value] : object_of(event, "data")) {
    out += " " + std::string(key) + "=" +
           plain(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  return out + "\n";
}

// Page after page; the controller's ids say where to go on.
Outcome events(const EventOptions& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  std::optional<std::string> after = options.after;
  while (true) {
    ApiRequest request{.path = {"events"}};
    if (after) request.query.emplace_back("after", *after);
    if (options.limit) request.query.emplace_back("limit", std::to_string(*options.limit));
    auto reply = api->ask(request);
    if (!reply) return std::unexpected(std::move(reply).error());
    auto answer = parse_answer(reply->body);
    if (!answer) return std::unexpected(std::move(answer).error());
    const json::object& page = answer->get_object();
    if (is_true(page, "reset")) note("tidemark: what came before is not held any more");
    std::string out;
    for (const json::value& one : list_of(page, "events")) {
      if (!one.is_object()) continue;
      out += session.json() ? json::serialize(one) + "\n" : event_line(one.get_object());
    }
    print(out);
    if (!flush_output()) return {};
    after = shown(page, "next");
    if (!options.follow) {
      if (!session.json()) note("tidemark: go on with --after " + *after);
      return {};
    }
    if (list_of(page, "events").empty()) std::this_thread::sleep_for(events_again);
  }
}

}  // namespace

void add_wait(Command root, Session& session) {
  auto options = std::make_shared<WaitOptions>();
  Command command =
      root.add("wait", "Returns when so many edges serve a change; exit code 5 if not in time",
               "tidemark wait 9f0c000000000000000000000000000a --on 90% --timeout 30");
  command.argument("CHANGE", options->change, "The change's id");
  command.option("--on", options->on, "all|N%|ring:NAME", "Which of the live edges");
  command.flag("--unseen", options->unseen, "Also for a ring whose edges have not reported yet");
  command.option("--timeout", options->timeout_seconds, "SECONDS", "At most so long (default 60)");
  command.action([options, &session] { return wait(*options, session); });
}

void add_events(Command root, Session& session) {
  auto options = std::make_shared<EventOptions>();
  Command command = root.add("events", "What happened: changes, nodes, health, holds; newest last",
                             "tidemark events --follow");
  command.option("--after", options->after, "ID", "Go on behind this event");
  command.flag("--follow", options->follow, "Go on until interrupted");
  command.option("--limit", options->limit, "N", "At most N at once, 1 to 1000 (default 100)");
  command.action([options, &session] { return events(*options, session); });
}

}  // namespace tidemark::cli
