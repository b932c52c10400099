// 500 zones of FerretDataset, one question each, and what BIND, NSD, Knot and PowerDNS answered.
// What is compared, and what is left free, stands in the README.md beside the cases; the ten cases
// where the four differ in the answer are split_test.cpp's.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/conformance/ferret/given.hpp"

namespace tidemark::edge {
namespace {

namespace json = boost::json;

std::set<std::string> as_set(const Lines& lines) { return {lines.begin(), lines.end()}; }

bool same_answer(const Given& given, const json::value& expected) {
  const Lines answer = lines_in(expected.at("answer"));
  return given.rcode == std::string_view(expected.at("rcode").as_string()) &&
         given.flags == words_in(expected.at("flags")) && as_set(given.answer) == as_set(answer) &&
         given.answer.size() == answer.size() && only_cnames(given.answer) == only_cnames(answer);
}

// Beside an answer the recorders did not compare authority: there it may be left out, unless the
// chain ended in a denial or a referral, which the recording shows.
bool same_authority(const Given& given, const json::value& expected) {
  const Lines authority = lines_in(expected.at("authority"));
  if (as_set(given.authority) == as_set(authority)) return true;
  if (given.answer.empty() || !given.authority.empty()) return false;
  return std::ranges::all_of(authority, [](const auto& line) { return is_of(line, "NS"); }) &&
         given.flags.contains("AA");
}

bool same_additional(const Given& given, const json::value& expected) {
  const Lines additional = lines_in(expected.at("additional"));
  if (as_set(given.additional) == as_set(additional)) return true;
  return !given.answer.empty() && given.additional.empty();
}

struct Section {
  const char* name;
  bool (*same)(const Given&, const json::value&);
  std::size_t judged = 0, right = 0;
};

class Recorded {
 public:
  void judge(const std::string& line, const Given& given) {
    const json::object test = json::parse(line).as_object();
    const std::string_view agree = test.at("agree").as_string();
    if (agree == "none") return;
    judge(answer_, test, given);
    if (agree != "all") return;
    judge(authority_, test, given);
    judge(additional_, test, given);
  }

  void expect_all_right(std::size_t answers, std::size_t authorities) const {
    EXPECT_EQ(answer_.judged, answers);
    EXPECT_EQ(authority_.judged, authorities);
    for (const Section& section : {answer_, authority_, additional_}) {
      EXPECT_EQ(section.right, section.judged) << section.name;
      std::cout << "ferret: " << section.name << " " << section.right << " of " << section.judged
                << " as recorded\n";
    }
  }

 private:
  static void judge(Section& section, const json::object& test, const Given& given) {
    const auto& responses = test.at("responses").as_array();
    const bool right =
        std::ranges::any_of(responses, [&](const auto& one) { return section.same(given, one); });
    ++section.judged;
    section.right += right ? 1 : 0;
    EXPECT_TRUE(right) << section.name << " of " << json::serialize(test)
                       << "\nours: " << shown(given);
  }

  Section answer_{"answer", same_answer};
  Section authority_{"authority", same_authority};
  Section additional_{"additional", same_additional};
};

TEST(Ferret, FourServersAndWeAnswerAlike) {
  const std::filesystem::path folder = std::filesystem::path(TIDEMARK_CONFORMANCE) / "ferret";
  std::ifstream cases(folder / "cases.jsonl");
  if (!cases) GTEST_SKIP() << "no recorded cases in " << folder << ": nothing is compared";
  Recorded recorded;
  for (std::string line; std::getline(cases, line);) {
    const json::object test = json::parse(line).as_object();
    const auto& query = test.at("query").as_object();
    const auto type = dns::rr_type_from_text(query.at("type").as_string());
    ASSERT_TRUE(type.has_value()) << line;
    const std::string zone = read_file(folder / std::string(test.at("zone").as_string()));
    recorded.judge(line,
                   ask(zone, std::string(query.at("name").as_string()), *type, Transport::Udp));
  }
  recorded.expect_all_right(490, 436);
}

}  // namespace
}  // namespace tidemark::edge
