#include "cli/past.hpp"

#include <chrono>

#include <boost/json.hpp>

#include "cli/api_client.hpp"
#include "cli/json_fields.hpp"
#include "cli/log_options.hpp"
#include "cli/progress.hpp"
#include "cli/temporary_folder.hpp"
#include "cli/topic_reading.hpp"
#include "consumer/history/history.hpp"
#include "consumer/history/history_writer.hpp"
#include "consumer/history/replay.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "producer/api/history_reads.hpp"
#include "producer/decide/diff.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::uint64_t records_per_commit = 4096;
constexpr std::size_t edit_lines_max = 200;
constexpr dataset::HashSeed seed{0x7469646d61726b};  // places entries in our own tables only

// Reads the whole log into the index at `path`; what that has already is left as it is.
Outcome build(const LogOptions& options, const std::string& path, const Session& session) {
  const auto lineage = consumer::lineage_of(options.dataset);
  auto writer = consumer::HistoryWriter::open(path, lineage);
  if (!writer) return std::unexpected(Failure(std::move(writer).error()));
  consumer::Replay replay(fold::State::empty(lineage, seed));
  auto log = open_log_of(options);
  if (!log) return std::unexpected(std::move(log).error());
  const std::string topic = topic_name(options, "changes");
  auto source = (*log)->source(topic);
  if (!source) return std::unexpected(Failure(std::move(source).error()).at(topic));
  Progress progress(session, "indexed");
  base::Result<void> taken;
  std::uint64_t records = 0;
  const auto take = [&](const log::Record& record) {
    if (!taken) return;
    taken = replay.take(record, [&](const log::Record& one, const event::ChangeSet& change,
                                    const fold::Judgement& judgement) {
      return writer->add({one.offset.value(), one.appended.value(), change, judgement,
                          producer::to_lines(change, edit_lines_max)});
    });
    if (taken) taken = writer->skip(record.offset.value());
    if (taken && ++records % records_per_commit == 0) taken = writer->commit();
    const auto bounds = (*source)->bounds();
    progress.show(records, bounds ? static_cast<std::uint64_t>(bounds->next.value()) : records);
  };
  auto read = read_topic(**source, {.from = 0}, take,
                         [](const std::string& remark) { note("tidemark: " + remark); });
  if (taken && read) taken = writer->commit();
  if (!taken) return std::unexpected(Failure(std::move(taken).error()).at(topic));
  if (read) return {};
  Failure failure = std::move(read).error();
  failure.next = "ask a controller, whose index may reach further back: --api URL";
  return std::unexpected(std::move(failure).at(topic));
}

}  // namespace

void add_past_options(Command& command, PastOptions& options) {
  command.option("--log", options.log, "URL",
                 "Read this log instead of asking a controller: sqlite:PATH or kafka:HOST:PORT");
  command.option(
      "--dataset", options.dataset, "NAME",
      "Of --log (default: the only one of the log) and of snapshot files (default: tidemark)");
  command.from_environment("--dataset", "TIDEMARK_DATASET");
  command.option("--kafka-settings", options.kafka_settings, "FILE", "As of tidemark log");
  command.option("--index", options.index, "FILE",
                 "Ask this history index; with --log it is made, or brought up to date");
  command.option("--by", options.by, "origin|log",
                 "Whose clock a time means: of a zone or name that where its changes were made "
                 "(default), or the log's");
}

struct Past::Inner {
  std::optional<TemporaryFolder> folder{};
  std::optional<consumer::History> history{};
  std::optional<ApiClient> api{};
  std::optional<std::string> by{};
};

Past::Past(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Past::Past(Past&&) noexcept = default;
Past::~Past() = default;

Expected<Past> Past::open(const PastOptions& options, const Session& session) {
  auto inner = std::make_unique<Inner>();
  if (options.by && options.by != "origin" && options.by != "log") {
    return fail(Exit::Usage, "--by " + *options.by + ": origin or log");
  }
  inner->by = options.by;
  if (!options.log && !options.index) {
    auto api = ApiClient::connect(session);
    if (!api) return std::unexpected(std::move(api).error());
    inner->api.emplace(*std::move(api));
    return Past(std::move(inner));
  }
  std::string path = options.index.value_or("");
  if (!options.index) {
    auto folder = TemporaryFolder::make();
    if (!folder) return std::unexpected(std::move(folder).error());
    inner->folder.emplace(*std::move(folder));
    path = inner->folder->path() + "/history.sqlite";
  }
  if (options.log) {
    LogOptions log{.log = *options.log, .kafka_settings = options.kafka_settings};
    log.named_dataset = options.dataset;
    if (auto settled = settle_dataset(log); !settled) return std::unexpected(settled.error());
    if (auto built = build(log, path, session); !built) {
      return std::unexpected(std::move(built).error());
    }
  }
  auto history = consumer::History::open(path);
  if (!history) return std::unexpected(Failure(std::move(history).error()));
  inner->history.emplace(*std::move(history));
  return Past(std::move(inner));
}

Expected<std::string> Past::ask(std::vector<std::string> path, Query query,
                                const std::string& accept) {
  if (inner_->by) query.emplace_back("by", *inner_->by);
  if (inner_->api) {
    auto reply =
        inner_->api->ask({.path = std::move(path), .query = std::move(query), .accept = accept});
    if (!reply) return std::unexpected(std::move(reply).error());
    return std::move(reply->body);
  }
  net::HttpRequest request;
  request.method = "GET";
  request.path = {"v1"};
  request.path.insert(request.path.end(), path.begin(), path.end());
  request.query = std::move(query);
  request.headers.add("Accept", accept);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto answered =
      producer::read_past(*inner_->history, request,
                          std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (answered) return std::move(answered->body);
  const net::HttpResponse refusal = producer::to_response(answered.error());
  return std::unexpected(failure_of(refusal.status, refusal.body, {}));
}

Expected<json::object> Past::ask_json(std::vector<std::string> path, Query query) {
  auto body = ask(std::move(path), std::move(query));
  if (!body) return std::unexpected(std::move(body).error());
  auto answer = parse_answer(*body);
  if (!answer) return std::unexpected(std::move(answer).error());
  return std::move(answer->get_object());
}

}  // namespace tidemark::cli
