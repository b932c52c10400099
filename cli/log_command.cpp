// tidemark log tail|show: any topic of any log, readable.
#include <algorithm>
#include <array>
#include <memory>

#include "cli/commands.hpp"
#include "cli/log_options.hpp"
#include "cli/record_text.hpp"
#include "cli/topic_reading.hpp"

namespace tidemark::cli {

namespace {

struct Options {
  LogOptions log;
  std::string topic;
  std::optional<std::uint64_t> from, limit, timeout;
  bool follow = false;
};

constexpr std::array<std::string_view, 4> topic_words{"changes", "health", "control", "fleet"};

bool is_known(const Options& options) {
  return options.topic.find('.') != std::string::npos ||
         std::ranges::find(topic_words, options.topic) != topic_words.end();
}

std::string next_of(const Options& options) {
  if (!is_known(options)) return "changes, health, control, fleet, or a topic's whole name";
  return "tidemark topics check --log " + options.log.log + " --dataset " + options.log.dataset;
}

Outcome show(Options& options, const ReadPlan& plan, const Session& session) {
  if (options.topic.find('.') == std::string::npos) {
    TIDEMARK_TRY_VOID(settle_dataset(options.log));
  }
  const std::string topic = topic_name(options.log, options.topic);
  const std::string place = "topic " + topic + " of " + options.log.log;
  auto log = open_log_of(options.log);
  if (!log) return std::unexpected(std::move(log).error());
  auto source = (*log)->source(topic);
  if (!source) return fail(Exit::Error, place + ": " + source.error().trail, next_of(options));
  const auto read = read_topic(
      **source, plan,
      [&session, &options](const log::Record& record) {
        print(session.json() ? to_json(record) : to_text(record));
        if (options.follow) (void)flush_output();
      },
      [](const std::string& remark) { note("tidemark: " + remark); });
  if (!read) {
    Failure failure = Failure(read.error()).at(place);
    if (failure.next.empty() && !is_known(options)) failure.next = next_of(options);
    return std::unexpected(std::move(failure));
  }
  return {};
}

ReadPlan plan_of(const Options& options) {
  ReadPlan plan{.from = options.from, .limit = options.limit, .follow = options.follow};
  if (options.timeout) plan.patience = std::chrono::seconds(*options.timeout);
  return plan;
}

void add_options(Command& command, Options& options) {
  command.argument("TOPIC", options.topic,
                   "changes, health, control, fleet, or a topic's whole name");
  add_reading_options(command, options.log);
  command.option("--timeout", options.timeout, "SECONDS",
                 "Give up when the log says nothing for so long (default 10)");
  command.flag("-f,--follow", options.follow, "Go on behind the end, until Ctrl-C");
}

}  // namespace

void add_log(Command root, Session& session) {
  Command log = root.add("log", "Reads a log as it is, without folding it",
                         "tidemark log show changes --log sqlite:tidemark.tmlog");
  {
    auto options = std::make_shared<Options>();
    Command command =
        log.add("show", "Shows records from the first, or from an offset, to the end of the log",
                "tidemark log show changes --log kafka:127.0.0.1:9092 --from 41 --limit 1");
    add_options(command, *options);
    command.option("--from", options->from, "OFFSET", "Begin there (default: the first record)");
    command.option("--limit", options->limit, "N", "Stop after N records");
    command.action([options, &session] { return show(*options, plan_of(*options), session); });
  }
  auto options = std::make_shared<Options>();
  Command command = log.add("tail", "Shows the newest records",
                            "tidemark log tail fleet --follow --log sqlite:tidemark.tmlog");
  add_options(command, *options);
  command.option("--from", options->from, "OFFSET", "Begin there, not near the end");
  command.option("--limit", options->limit, "N", "How many of the newest (default 10)");
  command.action([options, &session] {
    ReadPlan plan = plan_of(*options);
    if (!plan.from) {
      plan.last = options->limit.value_or(10);
      plan.limit.reset();
    }
    return show(*options, plan, session);
  });
}

}  // namespace tidemark::cli
