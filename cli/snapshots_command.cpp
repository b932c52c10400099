// tidemark snapshots [list|make|keep|drop|fetch]: a controller's snapshot files for the fleet.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "core/base/hash.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::uint64_t part_octets = 8 * 1024 * 1024;
constexpr int tries_max = 20;  // of one part, while all places are taken

struct Options {
  std::string seq;
  std::string out;
  MutationOptions change;
};

std::string snapshots_table(const json::object& body) {
  Table table({"SEQ", "OFFSET", "OCTETS", "SHA-256", "STATE HASH", "KEPT"});
  for (const json::value& one : list_of(body, "snapshots")) {
    if (!one.is_object()) continue;
    const json::object& file = one.get_object();
    table.row({shown(file, "seq"), shown(file, "offset"), shown(file, "octets"),
               shown(file, "sha256"), shown(file, "state_hash"), shown(file, "kept")});
  }
  return table.empty() ? "no snapshot file is there: tidemark snapshots make\n" : table.to_text();
}

Outcome change(const Session& session, ApiRequest request, const MutationOptions& options,
               const std::string& done) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply = api->mutate(std::move(request), options);
  if (!reply) return std::unexpected(std::move(reply).error());
  if (session.json()) {
    print(reply->body + "\n");
    return {};
  }
  auto parsed = parse_answer(reply->body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const json::object& file = parsed->get_object();
  print("version " + shown(file, "seq") + " " + done + ": " + shown(file, "sha256") + ", " +
        shown(file, "octets") + " octets\n");
  return {};
}

struct Listed {
  std::string sha256;
  std::uint64_t seq, octets;
};

// The newest file, or that of version `seq`.
Expected<Listed> find(const ApiClient& api, const std::string& seq) {
  auto reply = api.ask({.path = {"snapshots"}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto parsed = parse_answer(reply->body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  for (const json::value& one : list_of(parsed->get_object(), "snapshots")) {
    if (!one.is_object()) continue;
    const json::object& file = one.get_object();
    if (!seq.empty() && shown(file, "seq") != seq) continue;
    return Listed{shown(file, "sha256"), number_of(file, "seq"), number_of(file, "octets")};
  }
  return fail(Exit::Error,
              seq.empty() ? "the controller has no snapshot file"
                          : "the controller has no snapshot file of version " + seq,
              "tidemark snapshots");
}

// One part of it; waits as the controller says while all places are taken.
Expected<std::string> fetch_part(const ApiClient& api, const Listed& file, std::uint64_t first) {
  const std::uint64_t last = std::min(first + part_octets, file.octets) - 1;
  for (int tries = 1;; ++tries) {
    net::HttpCall call =
        api.call_of({.path = {"snapshots", file.sha256}, .accept = "application/octet-stream"});
    call.headers.add("Range", "bytes=" + std::to_string(first) + "-" + std::to_string(last));
    auto response = net::fetch(call, std::chrono::minutes(10));
    if (!response) return std::unexpected(Failure(std::move(response).error()));
    if (response->status == 206 && response->body.size() == last - first + 1) {
      return std::move(response->body);
    }
    if (response->status != 429 || tries == tries_max) {
      return std::unexpected(failure_of(response->status, response->body, {}));
    }
    const auto wait = response->headers.get("Retry-After").value_or("2");
    int seconds = 2;
    std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
    std::this_thread::sleep_for(std::chrono::seconds(std::clamp(seconds, 1, 60)));
  }
}

Expected<base::Sha256> sha256_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  base::Sha256Stream hash;
  std::string part(1024 * 1024, '\0');
  while (in) {
    in.read(part.data(), static_cast<std::streamsize>(part.size()));
    hash.update(
        base::as_bytes(std::string_view(part).substr(0, static_cast<std::size_t>(in.gcount()))));
  }
  if (!in.eof()) return fail(Exit::Error, path + ": cannot be read");
  return hash.finish();
}

// Goes on where an earlier try broke off: what is there lies beside the result, under its SHA-256.
Outcome fetch_file(const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  const auto file = find(*api, options.seq);
  if (!file) return std::unexpected(file.error());
  const std::string target =
      !options.out.empty() ? options.out : "snapshot-" + std::to_string(file->seq) + ".tmsnap";
  const std::string partial = target + "." + file->sha256 + ".part";
  std::error_code none;
  std::uint64_t have =
      std::filesystem::exists(partial, none) ? std::filesystem::file_size(partial, none) : 0;
  if (have > file->octets) have = 0;
  std::ofstream out(partial, std::ios::binary | (have > 0 ? std::ios::app : std::ios::trunc));
  while (out && have < file->octets) {
    const auto part = fetch_part(*api, *file, have);
    if (!part) return std::unexpected(part.error());
    out.write(part->data(), static_cast<std::streamsize>(part->size()));
    have += part->size();
  }
  out.close();
  if (!out) return fail(Exit::Error, partial + ": cannot be written");
  const auto sha256 = sha256_of_file(partial);
  if (!sha256) return std::unexpected(sha256.error());
  if (base::to_hex(*sha256) != file->sha256) {
    std::filesystem::remove(partial, none);
    return fail(
        Exit::Error,
        "what came is not the file that was asked for: its SHA-256 is " + base::to_hex(*sha256),
        "tidemark snapshots fetch");
  }
  std::filesystem::rename(partial, target, none);
  if (none) return fail(Exit::Error, target + ": " + none.message());
  print("version " + std::to_string(file->seq) + " is in " + target + ", " +
        std::to_string(file->octets) + " octets, SHA-256 as announced\n");
  return {};
}

}  // namespace

void add_snapshots(Command root, Session& session) {
  Command snapshots = root.add("snapshots", "Snapshot files that a controller keeps for the fleet",
                               "tidemark snapshots");
  snapshots.action(
      [&session] { return report_answer(session, {.path = {"snapshots"}}, snapshots_table); });
  Command list = snapshots.add("list", "Lists them, newest first", "tidemark snapshots list");
  list.action(
      [&session] { return report_answer(session, {.path = {"snapshots"}}, snapshots_table); });

  auto made = std::make_shared<Options>();
  Command make = snapshots.add("make", "Makes one of the newest version now",
                               "tidemark snapshots make --reason 'before the migration'");
  add_mutation_options(make, made->change);
  make.action([made, &session] {
    return change(session, {.method = "POST", .path = {"snapshots"}}, made->change, "has a file");
  });

  auto kept = std::make_shared<Options>();
  Command keep = snapshots.add("keep", "Keeps one for good, with the reason why",
                               "tidemark snapshots keep 41 --reason 'state of the audit'");
  keep.argument("SEQ", kept->seq, "The version of the file");
  add_mutation_options(keep, kept->change);
  keep.action([kept, &session] {
    return change(session, {.method = "PUT", .path = {"snapshots", kept->seq}}, kept->change,
                  "is kept");
  });

  auto dropped = std::make_shared<Options>();
  Command drop = snapshots.add("drop", "Keeps one no longer: it goes when it is old",
                               "tidemark snapshots drop 41 --reason 'the audit is over'");
  drop.argument("SEQ", dropped->seq, "The version of the file");
  add_mutation_options(drop, dropped->change);
  drop.action([dropped, &session] {
    return change(session, {.method = "DELETE", .path = {"snapshots", dropped->seq}},
                  dropped->change, "is no longer kept");
  });

  auto fetched = std::make_shared<Options>();
  Command fetch = snapshots.add("fetch", "Gets one, verified; goes on where it broke off",
                                "tidemark snapshots fetch --out state.tmsnap");
  fetch.option("--seq", fetched->seq, "SEQ", "Of this version (default: the newest)");
  fetch.option("--out", fetched->out, "FILE", "Where to (default: snapshot-SEQ.tmsnap)");
  fetch.action([fetched, &session] { return fetch_file(*fetched, session); });
  snapshots.stands_alone();
}

}  // namespace tidemark::cli
