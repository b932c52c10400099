// tidemark bisect: which change broke it? Halves the versions between a good and a bad one.
#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include <boost/json.hpp>
#include <sys/wait.h>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/past.hpp"
#include "cli/past_text.hpp"
#include "cli/table.hpp"
#include "cli/temporary_folder.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct Options {
  PastOptions past;
  std::string good, bad, check;
  std::optional<std::string> zone;
};

enum class Verdict : std::uint8_t { Good, Bad, Skip };
constexpr int exit_skip = 125;

// "example.org." is example.org.zone.
std::string file_of(std::string zone) {
  std::ranges::replace(zone, '/', '_');
  return (zone == "." ? "root" : zone.substr(0, zone.size() - 1)) + ".zone";
}

class Bisection {
 public:
  Bisection(const Options& options, const Session& session, Past past, TemporaryFolder folder)
      : options_(options), session_(session), past_(std::move(past)), folder_(std::move(folder)) {}

  Outcome run() {
    if (auto found = find_versions(); !found) return found;
    // versions_[good_] is good, versions_[bad_] is bad; good_ 0 stands for --good itself.
    while (bad_ - good_ > 1) {
      const auto middle = choose();
      if (!middle) return report();  // all between were skipped
      auto verdict = judge(version(*middle));
      if (!verdict) return std::unexpected(std::move(verdict).error());
      if (*verdict == Verdict::Good) good_ = *middle;
      if (*verdict == Verdict::Bad) bad_ = *middle;
      if (*verdict == Verdict::Skip) skipped_.insert(*middle);
    }
    return report();
  }

 private:
  Outcome find_versions() {
    Past::Query query{{"from", options_.good}, {"to", options_.bad}};
    if (options_.zone) query.emplace_back("zone", *options_.zone);
    auto answer = past_.ask_json({"versions"}, query);
    if (!answer) return std::unexpected(std::move(answer).error());
    first_ = number_of(*answer, "from");
    const std::uint64_t last = number_of(*answer, "to");
    if (first_ >= last) {
      return fail(Exit::Usage, "--good is version " + std::to_string(first_) + ", --bad is " +
                                   std::to_string(last) + ": the good one comes first");
    }
    if (!options_.zone) {
      bad_ = last - first_;
      return {};
    }
    versions_.push_back(first_);
    for (const json::value& one : list_of(*answer, "versions")) {
      versions_.push_back(one.to_number<std::uint64_t>());
    }
    if (versions_.size() == 1) {
      return fail(Exit::Error, "no change between the two touches " + *options_.zone,
                  "tidemark history --zone " + *options_.zone);
    }
    bad_ = versions_.size() - 1;
    return {};
  }

  std::uint64_t version(std::uint64_t place) const {
    return versions_.empty() ? first_ + place : versions_[place];
  }

  // The place nearest to the middle that was not skipped.
  std::optional<std::uint64_t> choose() const {
    const std::uint64_t middle = good_ + (bad_ - good_) / 2;
    for (std::uint64_t away = 0; away < bad_ - good_; ++away) {
      if (middle + away < bad_ && !skipped_.contains(middle + away)) return middle + away;
      if (middle > good_ + away && !skipped_.contains(middle - away)) return middle - away;
    }
    return std::nullopt;
  }

  // Whether the file of an earlier step holds what the zone was at `seq`.
  bool is_written(const std::string& zone, std::uint64_t seq) {
    const auto written = written_.find(zone);
    if (written == written_.end()) return false;
    if (written->second == seq) return true;
    const auto [low, high] = std::minmax(written->second, seq);
    const auto between = past_.ask_json({"history"}, {{"zone", zone},
                                                      {"since", std::to_string(low + 1)},
                                                      {"until", std::to_string(high)},
                                                      {"limit", "1"},
                                                      {"differences", "0"}});
    return between && list_of(*between, "changes").empty();
  }

  Outcome write_zone(const std::string& zone, std::uint64_t seq, const std::string& folder) {
    if (is_written(zone, seq)) return {};
    auto text = past_.ask({"show"}, {{"zone", zone}, {"at", std::to_string(seq)}}, "text/dns");
    if (!text && options_.zone) return {};  // the zone was not there: no file
    if (!text) return std::unexpected(std::move(text).error());
    const std::string path = folder + "/" + file_of(zone);
    if (!(std::ofstream(path) << *text).flush()) return fail(Exit::Error, path + ": not written");
    written_[zone] = seq;
    return {};
  }

  // Only what differs from the step before is written anew.
  Outcome write_zones(std::uint64_t seq, const std::string& folder) {
    std::set<std::string> zones;
    if (options_.zone) {
      zones.insert(options_.zone->ends_with('.') ? *options_.zone : *options_.zone + ".");
      written_.clear();
    } else {
      auto all = past_.ask_json({"show"}, {{"at", std::to_string(seq)}});
      if (!all) return std::unexpected(std::move(all).error());
      for (const json::value& one : list_of(*all, "zones")) zones.insert(shown(one));
    }
    std::set<std::string> stay;
    if (!options_.zone) std::ranges::transform(zones, std::inserter(stay, stay.end()), file_of);
    std::error_code ignored;  // what the check left behind may be anything
    std::vector<std::filesystem::path> go;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (!stay.contains(entry.path().filename())) go.push_back(entry.path());
    }
    for (const auto& path : go) std::filesystem::remove_all(path, ignored);
    std::erase_if(written_, [&](const auto& one) { return !zones.contains(one.first); });
    for (const std::string& zone : zones) {
      if (auto written = write_zone(zone, seq, folder); !written) return written;
    }
    return {};
  }

  Expected<Verdict> judge(std::uint64_t seq) {
    if (auto written = write_zones(seq, folder_.path()); !written) {
      return std::unexpected(std::move(written).error());
    }
    setenv("TIDEMARK_SEQ", std::to_string(seq).c_str(), 1);
    setenv("TIDEMARK_ZONES_DIR", folder_.path().c_str(), 1);
    // What it says must not mix with what we say.
    const int status = std::system(("exec 1>&2\n" + options_.check).c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    ++steps_;
    if (code > exit_skip) {
      return fail(Exit::Error, "the check ended with " + std::to_string(code) + " at version " +
                                   std::to_string(seq) +
                                   ": neither good (0), bad (1 to 124) nor "
                                   "skip (125)");
    }
    const Verdict verdict = code == 0           ? Verdict::Good
                            : code == exit_skip ? Verdict::Skip
                                                : Verdict::Bad;
    const std::uint64_t between = bad_ - good_ - 1;
    if (!session_.quiet) {
      note("tidemark: version " + std::to_string(seq) + " is " +
           (verdict == Verdict::Good  ? "good"
            : verdict == Verdict::Bad ? "bad"
                                      : "skipped") +
           ", about " + std::to_string(std::bit_width(between / 2)) + " steps left");
    }
    return verdict;
  }

  Outcome report() {
    json::array suspects;
    std::string text;
    for (std::uint64_t place = good_ + 1; place <= bad_; ++place) {
      const std::string seq = std::to_string(version(place));
      auto found = past_.ask_json({"history"}, {{"since", seq}, {"until", seq}, {"limit", "1"}});
      if (!found) return std::unexpected(std::move(found).error());
      for (const json::value& one : list_of(*found, "changes")) {
        const json::object& change = one.as_object();
        text += outline_text(change) + "\n";
        for (const json::value& each : list_of(change, "differences")) {
          if (each.is_object()) text += difference_text(each.get_object(), "    ");
        }
        suspects.push_back(one);
      }
    }
    if (session_.json()) {
      print(json::serialize(json::object{{"good", version(good_)},
                                         {"bad", version(bad_)},
                                         {"steps", steps_},
                                         {"suspects", std::move(suspects)}}) +
            "\n");
      return {};
    }
    const bool one = bad_ - good_ == 1;
    print("version " + std::to_string(version(bad_)) +
          (one ? " is the first bad one; this change made it ("
               : " is bad; one of these made it ("
                 "the others were skipped) (") +
          std::to_string(steps_) + " checks):\n" + text);
    return {};
  }

  const Options& options_;
  const Session& session_;
  Past past_;
  TemporaryFolder folder_;
  std::map<std::string, std::uint64_t> written_;  // zone -> version that its file holds
  std::vector<std::uint64_t> versions_;           // empty: all from first_ on
  std::uint64_t first_ = 0, good_ = 0, bad_ = 0, steps_ = 0;
  std::set<std::uint64_t> skipped_;
};

}  // namespace

void add_bisect(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command =
      root.add("bisect", "Finds the change that broke something, by trying versions between",
               "tidemark bisect --good 30d --bad now --zone example.org --check "
               "'grep -q \"^www\" \"$TIDEMARK_ZONES_DIR/example.org.zone\"'");
  command.required_option("--good", options->good, "WHEN", "A version or time when it was well");
  command.required_option("--bad", options->bad, "WHEN", "A later one when it was not");
  command.required_option(
      "--check", options->check, "CMD",
      "Run by the shell at each step, with TIDEMARK_SEQ and the zones as master files in "
      "TIDEMARK_ZONES_DIR, which it only reads: 0 is good, 1 to 124 bad, 125 cannot be told");
  command.option("--zone", options->zone, "ZONE", "Only changes of this zone; only it is exported");
  add_past_options(command, options->past);
  command.action([options, &session]() -> Outcome {
    auto past = Past::open(options->past, session);
    if (!past) return std::unexpected(std::move(past).error());
    auto folder = TemporaryFolder::make();
    if (!folder) return std::unexpected(std::move(folder).error());
    return Bisection(*options, session, *std::move(past), *std::move(folder)).run();
  });
}

}  // namespace tidemark::cli
