// tidemark topics plan|apply|check: topics as code.
#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/log_options.hpp"
#include "cli/table.hpp"
#include "schemas/json_writer.hpp"
#include "topics/definitions.hpp"

namespace tidemark::cli {

namespace {

struct Options {
  LogOptions log;
  std::optional<std::string> definitions;
  std::optional<std::uint64_t> replication;
};

using Differences = std::vector<log::Difference>;

Expected<std::vector<log::TopicSettings>> wanted_topics(const Options& options) {
  topics::TopicOverrides overrides;
  if (options.replication) {
    if (*options.replication < 1 || *options.replication > 100) {
      return fail(Exit::Usage, "--replication: 1 to 100");
    }
    overrides.replication = static_cast<std::int32_t>(*options.replication);
  }
  auto wanted = options.definitions
                    ? topics::read_definitions(*options.definitions, options.log.dataset, overrides)
                    : topics::default_topics(options.log.dataset, overrides);
  if (!wanted) return std::unexpected(Failure(std::move(wanted).error()));
  return *std::move(wanted);
}

bool is_missing(const log::Difference& difference) { return difference.setting == "exists"; }

std::string table_of(const Differences& differences) {
  Table table({"TOPIC", "SETTING", "WANTED", "FOUND", "WEIGHT"});
  for (const log::Difference& one : differences) {
    table.row({one.topic, one.setting, one.wanted, one.found, one.fatal ? "fatal" : "remark"});
  }
  return table.empty() ? "" : table.to_text();
}

std::string json_of(const Differences& differences) {
  schemas::JsonWriter json;
  json.begin_object().key("differences").begin_array();
  for (const log::Difference& one : differences) {
    json.begin_object()
        .member("topic", one.topic)
        .member("setting", one.setting)
        .member("wanted", one.wanted)
        .member("found", one.found);
    json.key("fatal").boolean(one.fatal).end_object();
  }
  json.end_array().end_object();
  return std::move(json).take() + "\n";
}

std::string count_of(std::size_t topics) {
  return std::to_string(topics) + (topics == 1 ? " topic" : " topics");
}

std::string same_command(const Options& options, const std::string& verb) {
  std::string out =
      "tidemark topics " + verb + " --log " + options.log.log + " --dataset " + options.log.dataset;
  if (options.definitions) out += " --definitions " + *options.definitions;
  if (options.replication) out += " --replication " + std::to_string(*options.replication);
  return out;
}

Outcome run(const Options& options, const std::string& verb, const Session& session) {
  auto wanted = wanted_topics(options);
  if (!wanted) return std::unexpected(std::move(wanted).error());
  auto log = open_log_of(options.log);
  if (!log) return std::unexpected(std::move(log).error());
  TIDEMARK_TRY(Differences found, (*log)->check(*wanted));
  const auto missing = static_cast<std::size_t>(std::ranges::count_if(found, is_missing));
  if (verb == "apply") {
    TIDEMARK_TRY_VOID((*log)->create(*wanted));
    TIDEMARK_TRY(found, (*log)->check(*wanted));
  }

  print(session.json() ? json_of(found) : table_of(found));
  const bool fatal = std::ranges::any_of(found, &log::Difference::fatal);
  const auto say = [&session](const std::string& line) {
    if (!session.json()) print(line + "\n");
  };
  if (verb == "plan") {
    say(missing == 0 ? "nothing to create"
                     : "would create " + count_of(missing) + ": " + same_command(options, "apply"));
    return {};
  }
  if (verb == "apply") say("created " + count_of(missing));
  if (!fatal) {
    say(count_of(wanted->size()) + (found.empty() ? " as defined" : " usable"));
    return {};
  }
  const bool creatable = std::ranges::all_of(
      found, [](const log::Difference& one) { return !one.fatal || is_missing(one); });
  return fail(Exit::Error,
              "the topics of " + options.log.dataset + " in " + options.log.log +
                  " break a promise where FATAL: nothing may be served from them",
              creatable ? same_command(options, "apply")
                        : "make new topics under another dataset name: an existing topic is never "
                          "repaired");
}

void add(Command& topics, const std::string& verb, const std::string& what, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = topics.add(
      verb, what, "tidemark topics " + verb + " --log kafka:127.0.0.1:9092 --dataset prod");
  add_log_options(command, options->log);
  command.option("--definitions", options->definitions, "FILE",
                 "YAML; else the definitions that are compiled in");
  command.option("--replication", options->replication, "N",
                 "Copies of each topic, instead of what the definitions say");
  command.action([options, verb, &session] { return run(*options, verb, session); });
}

}  // namespace

void add_topics(Command root, Session& session) {
  Command topics = root.add("topics", "The topics of a dataset, as their definitions want them",
                            "tidemark topics check --log sqlite:tidemark.tmlog --dataset prod");
  add(topics, "plan", "Says what apply would create, and what differs; changes nothing", session);
  add(topics, "apply", "Creates what is missing; never repairs what differs", session);
  add(topics, "check", "Exit code 1 if something differs that would break a promise", session);
}

}  // namespace tidemark::cli
