// tidemark diff A B: what differs between two versions, or two snapshot files.
#include <filesystem>
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/log_options.hpp"
#include "cli/past.hpp"
#include "cli/past_text.hpp"
#include "cli/table.hpp"
#include "consumer/history/unlike.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr dataset::HashSeed seed{0x7469646d61726b};  // places entries in our own tables only
constexpr std::uint64_t shown_max_usual = 10'000;
constexpr std::uint64_t page_max = 1000;

struct Options {
  PastOptions past;
  std::string from, to;
  std::optional<std::string> zone;
  std::optional<std::uint64_t> limit;
};

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

Expected<consumer::SnapshotContents> load(const std::string& path, const std::string& dataset) {
  TIDEMARK_TRY(const std::string octets, read_text_file(path));
  auto contents = consumer::parse(base::as_bytes(octets), consumer::lineage_of(dataset), seed);
  if (!contents) return std::unexpected(Failure(std::move(contents).error()).at(path));
  return *std::move(contents);
}

Outcome diff_files(const Options& options, const Session& session) {
  if (options.zone) return fail(Exit::Usage, "--zone is for versions, not for snapshot files");
  const std::string dataset = options.past.dataset.value_or(LogOptions().dataset);
  auto left = load(options.from, dataset);
  if (!left) return std::unexpected(std::move(left).error());
  auto right = load(options.to, dataset);
  if (!right) return std::unexpected(std::move(right).error());
  const dataset::Dataset& a = left->state.dataset;
  const dataset::Dataset& b = right->state.dataset;
  const auto found = consumer::find_unlike(a, b, options.limit.value_or(shown_max_usual));
  json::array differences;
  std::string text;
  for (const consumer::Unlike& one : found) {
    json::object shown{{"object", one.object}};
    text += plain(one.object) + "\n";
    if (!one.left.empty()) {
      shown["before"] = one.left;
      text += "  - " + plain(one.left) + "\n";
    }
    if (!one.right.empty()) {
      shown["after"] = one.right;
      text += "  + " + plain(one.right) + "\n";
    }
    differences.push_back(std::move(shown));
  }
  const auto seq = [](const dataset::Dataset& one) { return one.version().seq.value(); };
  if (session.json()) {
    text = json::serialize(json::object{
               {"from", seq(a)}, {"to", seq(b)}, {"differences", std::move(differences)}}) +
           "\n";
  } else {
    text += "versions " + std::to_string(seq(a)) + " and " + std::to_string(seq(b)) + ": " +
            (found.empty() ? "no difference" : std::to_string(found.size()) + " differences") +
            "\n";
  }
  print(text);
  return {};
}

std::string text_of(const json::object& answer) {
  std::string out;
  for (const json::value& one : list_of(answer, "differences")) {
    if (one.is_object()) out += difference_text(one.get_object(), "");
  }
  for (const json::value& one : list_of(answer, "pools")) {
    if (!one.is_object()) continue;
    const json::object& pool = one.get_object();
    if (pool.contains("before")) out += "- " + plain(shown(pool, "before")) + "\n";
    if (pool.contains("after")) out += "+ " + plain(shown(pool, "after")) + "\n";
  }
  if (out.empty()) out = "no difference\n";
  if (answer.contains("next") && !answer.at("next").is_null()) out += "... and more: --limit N\n";
  return out;
}

Outcome diff_versions(const Options& options, const Session& session) {
  auto past = Past::open(options.past, session);
  if (!past) return std::unexpected(std::move(past).error());
  std::uint64_t left = options.limit.value_or(shown_max_usual);
  Past::Query asked{{"from", options.from}, {"to", options.to}};
  if (options.zone) asked.emplace_back("zone", *options.zone);
  std::optional<json::object> all;
  do {
    Past::Query query = asked;
    query.emplace_back("limit", std::to_string(std::min(left, page_max)));
    if (all) query.emplace_back("after", shown(*all, "next"));
    auto page = past->ask_json({"diff"}, query);
    if (!page) return std::unexpected(std::move(page).error());
    left -= std::min<std::uint64_t>(left, list_of(*page, "differences").size());
    if (!all) {
      asked[0].second = shown(*page, "from");  // times would move on between pages
      asked[1].second = shown(*page, "to");
      all = *std::move(page);
      continue;
    }
    for (json::value& one : page->at("differences").as_array()) {
      all->at("differences").as_array().push_back(std::move(one));
    }
    all->at("next") = page->at("next");
  } while (left > 0 && all->contains("next") && !all->at("next").is_null());
  print(session.json() ? json::serialize(*all) + "\n" : text_of(*all));
  return {};
}

Outcome diff(const Options& options, const Session& session) {
  const bool from = is_file(options.from), to = is_file(options.to);
  if (from && to) return diff_files(options, session);
  if (from || to) {
    return fail(Exit::Usage,
                (from ? options.to : options.from) +
                    ": is no file, the other one is: files are compared with files only",
                "tidemark diff A.tmsnap B.tmsnap, or tidemark verify --files A.tmsnap");
  }
  if (options.limit == 0u) return fail(Exit::Usage, "--limit: 1 or more");
  return diff_versions(options, session);
}

}  // namespace

void add_diff(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = root.add("diff", "Shows what differs between two versions or snapshot files",
                             "tidemark diff 2026-01-31 latest --zone example.org");
  command.argument("A", options->from,
                   "A version, a change's id, a time, so long ago (2h); or a snapshot file");
  command.argument("B", options->to, "Likewise; a snapshot file, if A is one");
  command.option("--zone", options->zone, "ZONE", "Only in this zone");
  command.option("--limit", options->limit, "N", "At most N differences (default 10000)");
  add_past_options(command, options->past);
  command.action([options, &session] { return diff(*options, session); });
}

}  // namespace tidemark::cli
