// Same prefix, same state: one history over memory, SQLite and Kafka, folded in batches of any
// size, gives one Version, one chain and one position.
//
// Kafka: TIDEMARK_TEST_KAFKA=HOST:PORT,... names a broker, else scripts/kafka starts one.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "consumer/feeder/feeder.hpp"
#include "tests/conformance/log/kafka_form.hpp"
#include "tests/conformance/log/local_forms.hpp"
#include "tests/support/life.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::conformance {
namespace {

struct Outcome {
  dataset::Version version;
  base::Sha256 chain;
  std::int64_t offset;
  std::uint64_t accepted, rejected, undecodable, twins;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void create_and_fill(log::Log& log, const std::string& topic,
                     const std::vector<log::Draft>& history) {
  log::TopicSettings settings;
  settings.name = topic;
  RC_ASSERT(log.create({settings}).has_value());
  auto sink = *log.sink(topic);
  std::uint64_t ticket = 0;
  for (const log::Draft& draft : history) {
    RC_ASSERT(sink->append(log::Ticket{++ticket}, draft).has_value());
  }
  for (std::size_t done = 0; done < history.size();) {
    wait_for(sink->bell());
    for (const log::Completion& one : sink->completions()) {
      RC_ASSERT(one.outcome == log::Completion::Outcome::Persisted);
      ++done;
    }
  }
}

Outcome fold_all(log::Log& log, const std::string& topic, std::size_t records,
                 std::size_t records_per_step, std::uint64_t seed) {
  auto source = *log.source(topic);
  support::ManualClock clock;
  consumer::Feeder feeder({.dataset_name = "tests",
                           .seed = dataset::HashSeed(seed),
                           .records_per_step_max = records_per_step},
                          {.clock = clock, .changes = *source}, std::nullopt);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (feeder.state().offset + 1 < static_cast<std::int64_t>(records)) {
    RC_ASSERT(std::chrono::steady_clock::now() < deadline);
    if (!feeder.step().more) wait_for(source->bell());
  }
  const fold::State& state = feeder.state();
  return {state.dataset.version(), state.chain,       state.offset, state.accepted,
          state.rejected,          state.undecodable, state.twins};
}

Outcome through(Form& form, const std::vector<log::Draft>& history) {
  const std::string topic = form.fresh_topic();
  const auto writer = form.connect();
  create_and_fill(*writer, topic, history);
  const auto reader = form.connect();
  return fold_all(*reader, topic, history.size(), *rc::gen::inRange<std::size_t>(1, 50),
                  *rc::gen::arbitrary<std::uint64_t>());
}

RC_GTEST_PROP(OneHistory, IsOneStateOverMemoryAndSqlite, ()) {
  static MemoryForm memory;
  static SqliteForm sqlite;
  const auto history = *support::life(10, 40);
  const Outcome outcome = through(memory, history);
  RC_ASSERT(through(sqlite, history) == outcome);
  RC_CLASSIFY(outcome.accepted > 5, "more than five accepted");
}

TEST(OneHistory, IsOneStateOverKafkaToo) {
  if (const std::string why = KafkaForm::unavailable(); !why.empty()) GTEST_SKIP() << why;
  KafkaForm kafka;
  MemoryForm memory;
  const bool holds = rc::check("over Kafka as in memory", [&] {
    const auto history = *support::life(10, 40);
    RC_ASSERT(through(kafka, history) == through(memory, history));
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace tidemark::conformance
