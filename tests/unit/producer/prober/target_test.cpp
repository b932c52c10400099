#include "producer/prober/target.hpp"

#include <gtest/gtest.h>

#include "core/dataset/editor.hpp"

namespace tidemark::producer {
namespace {

event::Pool pool(std::string name, event::Check check, std::size_t endpoints = 2) {
  event::Pool made;
  made.name = std::move(name);
  made.check = std::move(check);
  for (std::size_t i = 0; i < endpoints; ++i) {
    event::Endpoint endpoint;
    endpoint.id = "e" + std::to_string(i);
    endpoint.address = {event::Address::Family::V4, {192, 0, 2, static_cast<std::uint8_t>(i)}};
    made.endpoints.push_back(endpoint);
  }
  return made;
}

dataset::Dataset dataset_of(const std::vector<event::Pool>& pools) {
  dataset::Editor editor(
      dataset::Dataset::empty(dataset::Lineage{base::U128{1, 2}}, dataset::HashSeed{7}));
  for (const event::Pool& each : pools) editor.put_pool(each);
  return std::move(editor).finish();
}

const event::Check every_field{.kind = event::CheckKind::Https,
                               .port = 8443,
                               .path = "/live",
                               .host = "www.example.test",
                               .status_low = 201,
                               .status_high = 204,
                               .verify_tls = true,
                               .interval_ms = 700,
                               .timeout_ms = 250,
                               .rise = 4,
                               .fall = 5};

TEST(Targets, EachEndpointIsCheckedAsItsPoolSays) {
  const Targets targets = targets_of(dataset_of({pool("web", every_field)}));
  ASSERT_EQ(targets.all.size(), 2u);
  EXPECT_EQ(targets.left_out, 0u);
  for (std::uint8_t i = 0; i < 2; ++i) {
    const Target expected{
        "web", "e" + std::to_string(i), {event::Address::Family::V4, {192, 0, 2, i}}, every_field};
    EXPECT_EQ(targets.all[i], expected);
  }
}

TEST(Targets, APoolWithoutACheckHasNone) {
  EXPECT_TRUE(targets_of(dataset_of({pool("web", {})})).all.empty());
}

TEST(Targets, TimesAreBroughtWithinTheLimits) {
  event::Check hasty = every_field;
  hasty.interval_ms = 1;
  hasty.timeout_ms = 0;
  event::Check lazy = every_field;
  lazy.interval_ms = check_interval_ms_max + 1;
  lazy.timeout_ms = check_timeout_ms_max + 1;
  const Targets targets = targets_of(dataset_of({pool("a", hasty, 1), pool("b", lazy, 1)}));
  ASSERT_EQ(targets.all.size(), 2u);
  EXPECT_EQ(targets.all[0].check.interval_ms, check_interval_ms_min);
  EXPECT_EQ(targets.all[0].check.timeout_ms, 1u);
  EXPECT_EQ(targets.all[1].check.interval_ms, check_interval_ms_max);
  EXPECT_EQ(targets.all[1].check.timeout_ms, check_timeout_ms_max);
}

TEST(Targets, WhatIsTooManyIsCounted) {
  std::vector<event::Pool> pools;
  for (std::size_t i = 0; i < targets_max / 64 + 1; ++i) {
    pools.push_back(pool("p" + std::to_string(100 + i), every_field, 64));
  }
  const Targets targets = targets_of(dataset_of(pools));
  EXPECT_EQ(targets.all.size(), targets_max);
  EXPECT_EQ(targets.left_out, 64u);
}

}  // namespace
}  // namespace tidemark::producer
