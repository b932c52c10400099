// What commits mean for zones, without a repository.
#include "cli/import_plan.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

// A blob's name is its text: "zone.example.#content"; a text without '#' is no zone.
Expected<std::optional<std::string>> read_blob(const std::string& blob) {
  const std::size_t mark = blob.find('#');
  if (blob == "huge") return std::optional<std::string>();
  if (mark == std::string::npos) return std::optional<std::string>("@ A oops\n");
  const std::string origin = blob.substr(0, mark);
  return std::optional<std::string>((origin.empty() ? "" : "$ORIGIN " + origin + "\n") +
                                    "@ 60 SOA ns1 host 1 1 1 1 60\n@ 60 NS ns1\nns1 60 A "
                                    "192.0.2.1\n@ 60 TXT \"" +
                                    blob.substr(mark + 1) + "\"\n");
}

class Plan {
 public:
  explicit Plan(ZoneNaming::From from, bool keep_deleted = false)
      : planner_({.from = from}, keep_deleted, read_blob) {}

  Plan& commit(std::vector<GitFileChange> changes) {
    GitCommit commit{.hash = {}, .author = {}, .message = {}, .committed_s = 0};
    commit.changes = std::move(changes);
    EXPECT_TRUE(planner_.add(commits_++, commit));
    return *this;
  }
  // "0 a.example.=blob", "1 a.example.-"
  std::vector<std::string> steps() {
    plan_ = std::move(planner_).take();
    std::vector<std::string> all;
    for (const ImportStep& step : plan_.steps) {
      all.push_back(std::to_string(step.commit) + " " + step.zone.to_text() +
                    (step.blob.empty() ? "-" : "=" + step.blob));
    }
    return all;
  }
  const std::vector<ImportSkip>& skips() const { return plan_.skips; }

 private:
  ImportPlanner planner_;
  ImportPlan plan_;
  std::size_t commits_ = 0;
};

GitFileChange put(std::string path, std::string blob) {
  return {'M', "100644", std::move(blob), std::move(path), {}};
}
GitFileChange gone(std::string path) { return {'D', "000000", {}, std::move(path), {}}; }
GitFileChange moved(std::string from, std::string to, std::string blob) {
  return {'R', "100644", std::move(blob), std::move(to), std::move(from)};
}

using Steps = std::vector<std::string>;

TEST(ImportPlan, ARenamedFileRenamesTheZoneOfItsName) {
  Plan plan(ZoneNaming::From::FileName);
  plan.commit({put("z/db.a.example", "#1")});
  plan.commit({moved("z/db.a.example", "z/b.example.zone", "#1")});
  EXPECT_EQ(plan.steps(), (Steps{"0 a.example.=#1", "1 b.example.=#1", "1 a.example.-"}));
}

TEST(ImportPlan, ARenamedFileKeepsTheZoneOfItsText) {
  Plan plan(ZoneNaming::From::Origin);
  plan.commit({put("one", "a.example.#1")});
  plan.commit({moved("one", "two", "a.example.#1")});
  plan.commit({put("two", "a.example.#2")});
  plan.commit({gone("two")});
  EXPECT_EQ(plan.steps(),
            (Steps{"0 a.example.=a.example.#1", "2 a.example.=a.example.#2", "3 a.example.-"}));
}

TEST(ImportPlan, AnotherOriginInTheSameFileIsAnotherZone) {
  Plan plan(ZoneNaming::From::Origin);
  plan.commit({put("one", "a.example.#1")}).commit({put("one", "b.example.#1")});
  EXPECT_EQ(plan.steps(),
            (Steps{"0 a.example.=a.example.#1", "1 b.example.=b.example.#1", "1 a.example.-"}));
}

TEST(ImportPlan, ABrokenTextChangesNothingAndIsTold) {
  for (const auto from : {ZoneNaming::From::Origin, ZoneNaming::From::FileName}) {
    Plan plan(from);
    plan.commit({put("a.example", "a.example.#1")}).commit({put("a.example", "broken")});
    plan.commit({put("a.example", "huge")}).commit({put("a.example", "a.example.#2")});
    plan.commit({put("new.example", "broken")}).commit({gone("new.example")});
    EXPECT_EQ(plan.steps(), (Steps{"0 a.example.=a.example.#1", "3 a.example.=a.example.#2"}));
    ASSERT_EQ(plan.skips().size(), 3u);
    EXPECT_EQ(plan.skips()[0].commit, 1u);
    EXPECT_TRUE(plan.skips()[0].why.starts_with("a.example:1:")) << plan.skips()[0].why;
    EXPECT_NE(plan.skips()[1].why.find("32 MiB"), std::string::npos);
  }
}

TEST(ImportPlan, AFileThatIsRenamedAndBrokenKeepsItsZone) {
  Plan plan(ZoneNaming::From::Origin);
  plan.commit({put("one", "a.example.#1")}).commit({moved("one", "two", "broken")});
  plan.commit({gone("two")});
  EXPECT_EQ(plan.steps(), (Steps{"0 a.example.=a.example.#1", "2 a.example.-"}));
}

TEST(ImportPlan, ASecondFileOfAZoneWaitsForTheFirst) {
  Plan plan(ZoneNaming::From::Origin);
  plan.commit({put("one", "a.example.#1")}).commit({put("two", "a.example.#2")});
  plan.commit({gone("one")}).commit({gone("two")});
  EXPECT_EQ(plan.steps(),
            (Steps{"0 a.example.=a.example.#1", "2 a.example.=a.example.#2", "3 a.example.-"}));
  EXPECT_EQ(plan.skips().size(), 1u);
}

TEST(ImportPlan, FilesMayChangePlaces) {
  Plan plan(ZoneNaming::From::Origin);
  plan.commit({put("one", "a.example.#1"), put("two", "b.example.#1")});
  plan.commit({put("one", "b.example.#2"), put("two", "a.example.#2")});
  EXPECT_EQ(plan.steps(), (Steps{"0 a.example.=a.example.#1", "0 b.example.=b.example.#1",
                                 "1 b.example.=b.example.#2", "1 a.example.=a.example.#2"}));
  EXPECT_TRUE(plan.skips().empty());
}

TEST(ImportPlan, DeletedZonesMayBeKept) {
  Plan plan(ZoneNaming::From::Origin, true);
  plan.commit({put("one", "a.example.#1")}).commit({gone("one")});
  plan.commit({put("one", "a.example.#1")}).commit({put("one", "a.example.#2")});
  EXPECT_EQ(plan.steps(), (Steps{"0 a.example.=a.example.#1", "3 a.example.=a.example.#2"}));
}

TEST(ValidUtf8, ReplacesWhatIsNoneAndCutsBetweenCharacters) {
  EXPECT_EQ(valid_utf8("Zo\xc3\xab", 100), "Zo\xc3\xab");
  EXPECT_EQ(valid_utf8("Zo\xc3\xab", 3), "Zo");
  EXPECT_EQ(valid_utf8("a\xffz", 100), "a\xef\xbf\xbdz");
  EXPECT_EQ(valid_utf8("\xc0\x80", 100), "\xef\xbf\xbd\xef\xbf\xbd");  // overlong
  EXPECT_EQ(valid_utf8("\xed\xa0\x80x", 100).substr(9), "x");          // a surrogate
  EXPECT_EQ(valid_utf8("\xf0\x9f\x98\x80", 100), "\xf0\x9f\x98\x80");
  EXPECT_EQ(valid_utf8("\xe2\x82", 100), "\xef\xbf\xbd\xef\xbf\xbd");  // cut short
}

}  // namespace
}  // namespace tidemark::cli
