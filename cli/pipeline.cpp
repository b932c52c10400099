#include "cli/pipeline.hpp"

#include <string>

#include "cli/random_change_id.hpp"
#include "core/base/check.hpp"
#include "producer/decide/admission.hpp"
#include "producer/decide/decide.hpp"
#include "producer/decide/sequence.hpp"
#include "producer/publish/envelope.hpp"
#include "schemas/codec.hpp"
#include "topics/event_bell.hpp"

namespace tidemark::cli {

namespace {

const std::string dataset_name = "serve";
const std::string changes_topic = "serve.changes";

std::shared_ptr<log::MemoryStore> make_store() {
  auto store = std::make_shared<log::MemoryStore>(log::MemoryStoreSettings{
      .identity = "memory",
      .now = [] { return log::AppendTime(net::SystemClock().wall().count()); },
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
  net::SystemRandom random;
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

// A new zone differs from nothing: its RRsets move straight into the parts that build it. What is
// saved are the copies that a comparison needs, several times the file.
Expected<std::vector<event::ChangeSet>> Pipeline::decide_new(ZoneFile file) const {
  producer::Problems problems;
  producer::check_zone(file.zone.origin, dataset::ZoneSettings().ttl_seconds_ceiling,
                       file.zone.rrsets, problems);
  if (!problems.empty()) return std::unexpected(refused(file.path, problems));
  const event::ChangeSet commit{.change_id = random_change_id(),
                                .author = "tidemark serve",
                                .author_epoch = event::AuthorEpoch(0),
                                .reason = "zone file " + file.path};
  return producer::build_sequence(file.zone.origin, event::ExpectAbsent{},
                                  std::move(file.zone.rrsets), {}, std::nullopt, commit);
}

Expected<std::vector<event::ChangeSet>> Pipeline::decide(ZoneFile file) const {
  constexpr std::size_t worth_moving = 5000;  // RRsets; about what one ChangeSet holds
  if (file.zone.rrsets.size() > worth_moving &&
      !feeder_->state().dataset.find_zone(file.zone.origin)) {
    return decide_new(std::move(file));
  }
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
  return std::move(plan->change_sets);
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
  auto changes = decide(std::move(file));
  if (!changes) return std::unexpected(std::move(changes).error());
  const std::size_t total = changes->size();
  for (std::size_t i = 0; i < total; ++i) {
    const event::ChangeSet change = std::move((*changes)[i]);
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
