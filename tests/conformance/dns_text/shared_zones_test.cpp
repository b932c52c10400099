// The zones of ../shared/conformance: those that must load, and those that must be judged.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "core/dns/master_file.hpp"
#include "core/dns/zone_rules.hpp"

namespace tidemark::dns {
namespace {

namespace fs = std::filesystem;

struct Verdict {
  bool refused = false;
  std::vector<std::string> errors, warnings;
};

Verdict judge(const fs::path& zone) {
  std::ifstream in(zone, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  Verdict verdict;
  const auto file = read_master_file(text);
  if (!file) {
    for (const Remark& error : file.error().errors) verdict.errors.push_back(error.what);
  } else {
    for (const Remark& warning : file->warnings) verdict.warnings.push_back(warning.what);
    for (const ZoneRemark& remark : check_zone(file->origin, file->rrsets)) {
      (remark.severity == Severity::Error ? verdict.errors : verdict.warnings)
          .push_back(remark.what);
    }
  }
  verdict.refused = !verdict.errors.empty();
  return verdict;
}

std::vector<fs::path> zones_in(const fs::path& folder) {
  std::vector<fs::path> zones;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".zone") zones.push_back(entry.path());
  }
  std::ranges::sort(zones);
  return zones;
}

bool some_contain(const std::vector<std::string>& lines, std::string_view words) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.contains(words); });
}

// A name that the zone's text holds, and a type: whoever repairs the zone needs both.
bool names_owner_and_type(const std::string& line, const fs::path& zone) {
  std::ifstream in(zone);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::string words = line;
  std::ranges::replace_if(words, [](char c) { return c == '(' || c == ')' || c == ','; }, ' ');
  std::istringstream all(words);
  bool owner = false, type = false;
  for (std::string word; all >> word;) {
    owner = owner || (word.ends_with('.') && text.contains(word));
    type = type || rr_type_from_text(word).has_value();
  }
  return owner && type;
}

class SharedZones : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(shared_)) {
      GTEST_SKIP() << "no " << shared_.lexically_normal()
                   << ": its zones are not part of this tree";
    }
  }
  std::vector<fs::path> invalid(const std::string& folder, std::size_t count) const {
    const auto zones = zones_in(shared_ / "invalid-zones" / folder);
    EXPECT_EQ(zones.size(), count);
    return zones;
  }
  void expect_refused(const std::string& folder, std::size_t count, std::string_view words) const {
    for (const fs::path& zone : invalid(folder, count)) {
      const Verdict verdict = judge(zone);
      EXPECT_TRUE(some_contain(verdict.errors, words)) << zone;
      expect_names_owner_and_type(verdict.errors, words, zone);
    }
  }
  static void expect_names_owner_and_type(const std::vector<std::string>& lines,
                                          std::string_view words, const fs::path& zone) {
    for (const std::string& line : lines) {
      if (!line.contains(words)) continue;
      EXPECT_TRUE(names_owner_and_type(line, zone)) << zone << ": " << line;
    }
  }
  void expect_warned(const std::string& folder, std::size_t count, std::string_view words) const {
    for (const fs::path& zone : invalid(folder, count)) {
      const Verdict verdict = judge(zone);
      EXPECT_FALSE(verdict.refused) << zone << ": " << verdict.errors.front();
      EXPECT_TRUE(some_contain(verdict.warnings, words)) << zone;
      expect_names_owner_and_type(verdict.warnings, words, zone);
    }
  }

  const fs::path shared_ = TIDEMARK_SHARED_DIR;
};

TEST_F(SharedZones, OfFerretLoadWithoutAnError) {
  const auto zones = zones_in(shared_ / "ferret" / "zones");
  EXPECT_EQ(zones.size(), 500u);
  for (const fs::path& zone : zones) {
    const Verdict verdict = judge(zone);
    EXPECT_FALSE(verdict.refused) << zone << ": " << verdict.errors.front();
  }
}

TEST_F(SharedZones, WithDuplicateRecordsLoad) {
  std::size_t warned = 0;
  for (const fs::path& zone : invalid("duplicate-record", 11)) {
    const Verdict verdict = judge(zone);
    EXPECT_FALSE(verdict.refused) << zone;
    warned += some_contain(verdict.warnings, "duplicate record ") ? 1 : 0;
    expect_names_owner_and_type(verdict.warnings, "duplicate record ", zone);
  }
  EXPECT_EQ(warned, 7u);  // the other four hold no record twice, whatever their folder says
}

TEST_F(SharedZones, WithoutSoaOrWithRecordsOutsideAreRefused) {
  std::size_t without_soa = 0;
  for (const fs::path& zone : invalid("not-one-soa", 11)) {
    const Verdict verdict = judge(zone);
    if (zone.filename() == "2-60.zone") {  // the same SOA twice, and nothing else wrong
      EXPECT_FALSE(verdict.refused);
      EXPECT_TRUE(some_contain(verdict.warnings, "duplicate record uni.com.fnni. SOA"));
      continue;
    }
    const bool no_soa = some_contain(verdict.errors, "no SOA record");
    without_soa += no_soa ? 1 : 0;
    EXPECT_TRUE(no_soa || some_contain(verdict.errors, " is outside zone ")) << zone;
  }
  EXPECT_EQ(without_soa, 7u);
}

TEST_F(SharedZones, ThatBreakARuleAreRefusedInItsWords) {
  expect_refused("out-of-zone-record", 11, " is outside zone ");
  expect_refused("cname-and-other-data", 12, "CNAME and other data at ");
  expect_refused("several-dnames", 11, "more than one DNAME at ");
  expect_refused("dname-beside-ns", 11, "DNAME at delegation ");
  expect_refused("data-below-dname", 11, " is hidden by the DNAME at ");
}

TEST_F(SharedZones, ThatAreOnlyOddLoadWithAWarning) {
  expect_warned("ns-below-delegation", 11, " is hidden by the delegation at ");
  expect_warned("missing-glue", 11, " has no address");
}

}  // namespace
}  // namespace tidemark::dns
