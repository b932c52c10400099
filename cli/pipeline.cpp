#include "cli/pipeline.hpp"

#include <string>

#include "core/base/check.hpp"
#include "producer/publish/envelope.hpp"
#include "schemas/codec.hpp"
#include "topics/event_bell.hpp"

namespace tidemark::cli {

namespace {

const std::string dataset_name = "serve";
const std::string changes_topic = "serve.changes";

std::shared_ptr<log::MemoryStore> make_store() {
  auto store = std::make_shared<log::MemoryStore>(
      log::MemoryStoreSettings{.identity = "memory",
                               .now = [] { return log::AppendTime(SystemClock().wall().count()); },
                               .make_bell = topics::make_event_bell});
  log::TopicSettings changes;
  changes.name = changes_topic;
  TIDEMARK_CHECK(store->create({changes}).has_value(), "a new memory log takes a topic");
  return store;
}

// The first so many, one a line, then how many more.
Failure refused(const std::string& path, const producer::Problems& problems) {
  std::string what;
  for (const producer::Problem& problem : problems.list()) {
    if (!what.empty()) what += "\n  ";
    what += path + ": ";
    if (problem.owner) {
      what +=
          problem.owner->to_text() + (problem.type ? " " + dns::to_text(*problem.type) : "") + ": ";
    }
    what += problem.message;
  }
  if (const std::size_t more = problems.count() - problems.list().size(); more > 0) {
    what += "\n  " + path + ": and " + std::to_string(more) + " more";
  }
  return {Exit::Error, std::move(what), "repair what is named and run the command again"};
}

}  // namespace

Pipeline::Pipeline()
    : store_(make_store()),
      log_(store_),
      source_(*log_.source(changes_topic)),
      sink_(*log_.sink(changes_topic)) {
  SystemRandom random;
  feeder_ = std::make_unique<consumer::Feeder>(
      consumer::FeederSettings{.dataset_name = dataset_name,
                               .seed = consumer::draw_hash_seed(random)},
      consumer::FeederPorts{.clock = clock_,
                            .changes = *source_,
                            .folded =
                                [this](const consumer::FoldedChange& folded) {
                                  rejected_.reset();
                                  if (const auto* no =
                                          std::get_if<fold::Rejected>(&folded.judgement))
                                    rejected_ = *no;
                                }},
      std::nullopt);
  (void)step();
}

Pipeline::~Pipeline() = default;

Expected<producer::Plan> Pipeline::decide(ZoneFile file) const {
  const std::string path = file.path;
  producer::Signature signature{.change_id = random_change_id(),
                                .author = "tidemark serve",
                                .reason = "zone file " + path,
                                .created_ms = 0};
  // Somebody who edits a file and says "load it" means what it says, removals included.
  const producer::Base base{feeder_->state().dataset};
  const producer::Wish wish =
      producer::ReplaceZone{std::move(file.zone.origin), std::move(file.zone.rrsets)};
  auto plan = producer::decide(base, wish, signature);
  if (!plan && plan.error().list().front().removals) {
    signature.acknowledged_removals = plan.error().list().front().removals;
    plan = producer::decide(base, wish, signature);
  }
  if (!plan) return std::unexpected(refused(path, plan.error()));
  return *std::move(plan);
}

Outcome Pipeline::append(const event::ChangeSet& change) {
  TIDEMARK_TRY_VOID(
      sink_->append(log::Ticket(++tickets_),
                    producer::envelope("/tidemark/serve/cli", change, schemas::encode(change))));
  for (const log::Completion& completion : sink_->completions()) {
    TIDEMARK_CHECK(completion.outcome == log::Completion::Outcome::Persisted,
                   "a memory log without faults keeps every record");
    const std::int64_t offset = completion.offset.value();
    while (feeder_->state().offset < offset) (void)step();
    store_->retain_from(changes_topic, completion.offset);
  }
  if (rejected_) {
    return fail(Exit::Error,
                std::string(fold::to_text(rejected_->reason)) + ": " + rejected_->detail);
  }
  return {};
}

Outcome Pipeline::load(ZoneFile file, const OnProgress& on_progress) {
  const std::string path = file.path;
  file.text = {};
  auto plan = decide(std::move(file));
  if (!plan) return std::unexpected(std::move(plan).error());
  plan->diff = {};  // as large as the zone, and not shown
  const std::size_t total = plan->change_sets.size();
  for (std::size_t i = 0; i < total; ++i) {
    const event::ChangeSet change = std::move(plan->change_sets[i]);
    if (auto appended = append(change); !appended) {
      return std::unexpected(std::move(appended).error().at(path));
    }
    on_progress(i + 1, total);
  }
  return {};
}

std::optional<std::chrono::nanoseconds> Pipeline::step() {
  consumer::StepReport report;
  do {
    report = feeder_->step();
  } while (report.more);
  return report.call_again_in;
}

}  // namespace tidemark::cli
