#include "consumer/bootstrap/ladder.hpp"

#include <algorithm>
#include <utility>

#include "consumer/snapshot_file/snapshot_store.hpp"

namespace tidemark::consumer {

using base::Errc;
using base::Result;

namespace {

constexpr unsigned ok = 200, too_many = 429, unavailable = 503;
constexpr std::size_t rests_max = 256;  // the log may name ever new sources

bool is_usable(const fold::State& state, const std::string& identity, const Wanted& wanted) {
  const std::uint64_t seq = state.dataset.version().seq.value();
  if (seq < wanted.seq_min || seq > wanted.seq_max) return false;
  if (state.offset < wanted.offset_min) return false;
  return wanted.log_identity.empty() || identity.empty() || identity == wanted.log_identity;
}

}  // namespace

std::string_view to_text(FetchPhase phase) {
  switch (phase) {
    case FetchPhase::Idle:      return "idle";
    case FetchPhase::Listing:   return "listing";
    case FetchPhase::Fetching:  return "fetching";
    case FetchPhase::Verifying: return "verifying";
  }
  std::unreachable();
}

void Ladder::show(FetchPhase phase) {
  progress_.phase = phase;
  ports_.progress(progress_);
}

std::chrono::nanoseconds Ladder::with_jitter(std::chrono::nanoseconds time) {
  const auto half = static_cast<std::uint64_t>(time.count() / 2 + 1);
  return time + std::chrono::nanoseconds(ports_.random.next() % half);
}

void Ladder::rest(const SnapshotSource& source, std::chrono::nanoseconds time) {
  rests_[to_text(source)].until = ports_.clock.steady() + with_jitter(time);
}

Ladder::Climb Ladder::climb(const Wanted& wanted, const std::vector<SnapshotSource>& sources) {
  Climb climb;
  if (wanted.own_files) climb.found = look_at_own(wanted, climb);
  if (rests_.size() > rests_max) rests_.clear();
  const auto ordered = in_order(wanted, sources);
  for (const SnapshotSource& source : ordered) {
    if (climb.found || ports_.ended()) break;
    if (ports_.clock.steady() < rests_[to_text(source)].until) continue;
    climb.found = look_at(source, wanted, climb);
  }
  show(FetchPhase::Idle);
  for (const SnapshotSource& source : ordered) {
    const auto left = std::max(rests_[to_text(source)].until - ports_.clock.steady(),
                               std::chrono::nanoseconds::zero());
    climb.again_in = std::min(climb.again_in.value_or(left), left);
  }
  return climb;
}

// Kinds in their order; within one at random, so that a fleet that starts together spreads.
std::vector<SnapshotSource> Ladder::in_order(const Wanted& wanted,
                                             std::vector<SnapshotSource> sources) {
  if (!wanted.announced) {
    std::erase_if(sources, [](const auto& s) { return s.kind == SnapshotSource::Kind::Announced; });
  }
  for (std::size_t i = sources.size(); i > 1; --i) {
    std::swap(sources[i - 1], sources[ports_.random.next() % i]);
  }
  std::ranges::stable_sort(sources, {}, &SnapshotSource::kind);
  return sources;
}

std::optional<FoundFile> Ladder::look_at_own(const Wanted& wanted, Climb& climb) {
  SnapshotStore store(ports_.disk, lineage_);
  const auto names = store.files();
  if (!names) {
    climb.remarks.push_back(names.error().trail);
    return std::nullopt;
  }
  for (const std::string& name : *names) {
    if (ports_.ended()) return std::nullopt;
    const std::string sha256 = sha256_of_file_name(name);
    if (wanted.refused.contains(sha256)) continue;
    show(FetchPhase::Verifying);
    auto octets = ports_.disk.read(name);
    if (!octets || base::to_hex(base::sha256(*octets)) != sha256) continue;
    auto contents = parse(*octets, lineage_, seed_);
    if (!contents || !is_usable(contents->state, contents->log_identity, wanted)) continue;
    return FoundFile{*std::move(contents), *std::move(octets), sha256, "own file " + name, true};
  }
  return std::nullopt;
}

std::optional<FoundFile> Ladder::look_at(const SnapshotSource& source, const Wanted& wanted,
                                         Climb& climb) {
  const std::string name = to_text(source);
  progress_.source = name;
  busy_for_.reset();
  bad_file_ = false;
  const std::uint64_t received = progress_.received;
  auto found = ask(source, wanted);
  Rest& resting = rests_[name];
  if (found) {
    resting.next = source_rest_min;
    const std::string nothing = *found ? "" : name + ": no file there fits what is wanted now";
    if (std::exchange(resting.told, nothing) != nothing && !*found) {
      climb.remarks.push_back(nothing);
    }
    if (*found) return std::move(*found);
    rest(source, source_rest_max / 10);
    return std::nullopt;
  }
  if (ports_.ended()) return std::nullopt;
  if (busy_for_) {
    ++progress_.busy;
    rest(source, std::max(*busy_for_, source_rest_min));
  } else {
    ++progress_.failures;
    if (progress_.received != received) resting.next = source_rest_min;  // it gets on
    rest(source, bad_file_ ? bad_file_rest : resting.next);
    resting.next = std::min(resting.next * 2, source_rest_max);
  }
  const std::string& trail = found.error().trail;
  if (std::exchange(resting.told, trail) != trail) climb.remarks.push_back(trail);
  return std::nullopt;
}

Result<std::optional<FoundFile>> Ladder::ask(const SnapshotSource& source, const Wanted& wanted) {
  TIDEMARK_TRY(auto listed, list(source));
  const auto file = choose(std::move(listed), wanted);
  if (!file) return std::optional<FoundFile>();
  TIDEMARK_TRY(FoundFile found, get(source, *file, wanted));
  return std::optional(std::move(found));
}

Result<std::vector<ListedFile>> Ladder::list(const SnapshotSource& source) {
  show(FetchPhase::Listing);
  net::HttpCall call = call_to(source, "/v1/snapshots", terms_);
  const std::string place = net::to_text(call.url);
  call.response_octets_max = 1024 * 1024;
  TIDEMARK_TRY(const net::HttpResponse response, ports_.ask(std::move(call), listing_deadline));
  if (response.status == ok) {
    auto listed = parse_listing(response.body);
    if (!listed) return std::unexpected(std::move(listed).error().at(place));
    return listed;
  }
  if (response.status == too_many || response.status == unavailable) {
    busy_for_ = retry_after(response);
    return base::fail(Errc::Unavailable,
                      place + ": busy (" + std::to_string(response.status) + ")");
  }
  std::string hint;
  if (response.status == 401 || response.status == 403) hint = ": it asks for another token";
  return base::fail(Errc::Unavailable,
                    place + ": status " + std::to_string(response.status) + hint);
}

// The newest; but one of which we have a part already, if it is good enough.
std::optional<ListedFile> Ladder::choose(std::vector<ListedFile> listed,
                                         const Wanted& wanted) const {
  std::erase_if(listed, [&](const ListedFile& file) {
    return file.seq < wanted.seq_min || file.seq > wanted.seq_max ||
           file.offset < wanted.offset_min || file.octets > fetched_octets_max ||
           wanted.refused.contains(file.sha256);
  });
  if (listed.empty()) return std::nullopt;
  const std::string begun = FileParts::begun(ports_.disk);
  const auto going_on = std::ranges::find(listed, begun, &ListedFile::sha256);
  if (going_on != listed.end()) return *going_on;
  return *std::ranges::max_element(listed, {}, &ListedFile::seq);
}

Result<FoundFile> Ladder::get(const SnapshotSource& source, const ListedFile& file,
                              const Wanted& wanted) {
  TIDEMARK_TRY(FileParts parts, FileParts::open(ports_.disk, file.sha256));
  const bool of_others = parts.octets() != 0;
  progress_.sha256 = file.sha256;
  progress_.octets_total = file.octets;
  const std::uint64_t before = progress_.received;
  FileFetch fetch(
      {.disk = ports_.disk, .ask = ports_.ask, .terms = terms_, .progress = [&](std::uint64_t had) {
         progress_.octets = had;
         show(FetchPhase::Fetching);
       }});
  const auto fetched = fetch.run(source, file, parts);
  progress_.received = before + fetch.octets_received();
  busy_for_ = fetch.busy_for();
  if (!fetched) return std::unexpected(fetched.error());
  show(FetchPhase::Verifying);
  TIDEMARK_TRY(base::Bytes octets, parts.whole());
  parts.drop();
  auto contents = verify(file, octets, wanted);
  if (contents) {
    return FoundFile{*std::move(contents), std::move(octets), file.sha256,
                     to_text(source) + " file " + file.sha256.substr(0, 12)};
  }
  // Parts that others sent may be the bad ones: this source may try again, from the beginning.
  bad_file_ = !of_others;
  if (bad_file_) {
    ++progress_.bad_files;
    set_aside(file.sha256, octets);
  }
  return std::unexpected(std::move(contents).error().at(to_text(source) + ": file " +
                                                        file.sha256.substr(0, 12) + " set aside"));
}

Result<SnapshotContents> Ladder::verify(const ListedFile& file, base::ByteView octets,
                                        const Wanted& wanted) {
  if (base::to_hex(base::sha256(octets)) != file.sha256) {
    return base::fail(Errc::Invalid, "its SHA-256 is not the one in its name");
  }
  TIDEMARK_TRY(SnapshotContents contents, parse(octets, lineage_, seed_));
  if (is_usable(contents.state, contents.log_identity, wanted)) return contents;
  return base::fail(Errc::Conflict, "its version, position or log is not what was listed");
}

void Ladder::set_aside(const std::string& sha256, base::ByteView octets) {
  (void)ports_.disk.write_durably("snapshot-fetched-" + sha256 + ".tmsnap.bad", octets);
}

}  // namespace tidemark::consumer
