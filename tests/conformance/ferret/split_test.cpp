// The ten cases of FerretDataset in which four servers gave different answers, one by one: zone,
// question, our answer on UDP and TCP, and why it is right, all in split/cases.json.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/conformance/ferret/given.hpp"

namespace tidemark::edge {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

std::string zone_of(const json::object& test) {
  std::string zone;
  for (const auto& line : test.at("zone").as_array()) zone += text_of(line) + "\n";
  return zone;
}

Given ask_about(const json::object& test, Transport transport) {
  const auto& query = test.at("query").as_object();
  const auto type = dns::rr_type_from_text(query.at("type").as_string());
  return ask(zone_of(test), text_of(query.at("name")), *type, transport);
}

void expect_given(const Given& given, const json::value& expected, const json::object& test) {
  const std::string id = std::to_string(test.at("id").to_number<int>());
  EXPECT_EQ(given.rcode, text_of(expected.at("rcode"))) << id << "\nours: " << shown(given);
  EXPECT_EQ(given.flags, words_in(expected.at("flags"))) << id << "\nours: " << shown(given);
  for (const auto& [name, lines] :
       {std::pair{"answer", &given.answer}, std::pair{"authority", &given.authority},
        std::pair{"additional", &given.additional}}) {
    EXPECT_EQ(*lines, lines_in(expected.at(name))) << id << " " << name;
  }
}

json::array split_cases() {
  return json::parse(read_file(TIDEMARK_SPLIT "/cases.json")).as_array();
}

TEST(FerretSplit, EachOfTheTenHasItsReasonAndItsAnswer) {
  const json::array cases = split_cases();
  EXPECT_EQ(cases.size(), 10u);
  for (const auto& one : cases) {
    const json::object& test = one.as_object();
    EXPECT_GT(test.at("why").as_string().size(), 40u);
    expect_given(ask_about(test, Transport::Udp), test.at("udp"), test);
    expect_given(ask_about(test, Transport::Tcp), test.at("tcp"), test);
  }
}

// One of the chains is the beginning of the other.
bool same_way(const Lines& one, const Lines& other) {
  const std::size_t shared = std::min(one.size(), other.size());
  return std::equal(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(shared), other.begin());
}

void expect_as_recorded(const json::object& test, const json::object& recorded) {
  const std::string id = std::to_string(test.at("id").to_number<int>());
  const Given ours = ask_about(test, Transport::Tcp);
  const auto& responses = recorded.at("responses").as_array();
  if (!test.at("loop").as_bool()) {  // what the majority answered
    const auto& most = *std::ranges::max_element(
        responses, {}, [](const auto& one) { return one.at("servers").as_array().size(); });
    EXPECT_EQ(ours.rcode, text_of(most.at("rcode"))) << id;
    EXPECT_EQ(ours.flags, words_in(most.at("flags"))) << id;
    EXPECT_EQ(ours.answer, lines_in(most.at("answer"))) << id;
    return;
  }
  for (const auto& one : responses) {  // the chain so far is right, and in order
    EXPECT_TRUE(same_way(only_cnames(ours.answer), only_cnames(lines_in(one.at("answer")))))
        << id << "\nours: " << shown(ours) << "\n"
        << json::serialize(one);
  }
}

TEST(FerretSplit, TheTenAreThoseRecordedAndContradictNoServerOnTheWay) {
  const fs::path folder = fs::path(TIDEMARK_CONFORMANCE) / "ferret";
  std::ifstream lines(folder / "cases.jsonl");
  if (!lines) GTEST_SKIP() << "no recorded cases in " << folder << ": nothing is compared";
  const json::array cases = split_cases();
  std::size_t met = 0;
  for (std::string line; std::getline(lines, line);) {
    const json::object recorded = json::parse(line).as_object();
    if (recorded.at("agree").as_string() != "none") continue;
    const auto test = std::ranges::find_if(cases, [&](const auto& one) {
      return one.at("id").template to_number<int>() == recorded.at("id").to_number<int>();
    });
    ASSERT_NE(test, cases.end()) << line;
    ++met;
    EXPECT_EQ(zone_of(test->as_object()), read_file(folder / text_of(recorded.at("zone"))));
    EXPECT_EQ(test->at("query"), recorded.at("query"));
    expect_as_recorded(test->as_object(), recorded);
  }
  EXPECT_EQ(met, cases.size());
}

}  // namespace
}  // namespace tidemark::edge
