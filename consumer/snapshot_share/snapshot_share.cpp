#include "consumer/snapshot_share/snapshot_share.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <boost/json.hpp>

namespace tidemark::consumer {

namespace json = boost::json;

namespace {

std::string tag_of(const base::Sha256& sha256) { return "\"" + base::to_hex(sha256) + "\""; }

net::HttpResponse refused(unsigned status, const std::string& sentence) {
  return net::error_response(status, sentence);
}

json::object to_json(const SharedFile& file) {
  json::object one{{"sha256", base::to_hex(file.sha256)},
                   {"octets", file.octets},
                   {"seq", file.seq},
                   {"offset", file.offset},
                   {"state_hash", base::to_hex(file.state_hash.value())},
                   {"chain", base::to_hex(file.chain)}};
  if (!file.kept.empty()) one["kept"] = file.kept;
  return one;
}

// The whole file, if the part that is wished for is one of another file.
net::HttpRequest by_if_range(const net::HttpRequest& request, const std::string& tag) {
  net::HttpRequest wish;
  const auto condition = request.headers.get("If-Range");
  const auto range = request.headers.get("Range");
  if (range && (!condition || *condition == tag)) wish.headers.add("Range", std::string(*range));
  return wish;
}

}  // namespace

base::Result<SharedFile> shared_file(const base::Sha256& sha256,
                                     std::shared_ptr<const net::OctetSource> source) {
  base::Bytes opening(std::min<std::uint64_t>(source->size(), summary_octets_max));
  TIDEMARK_TRY_VOID(source->read(0, opening));
  TIDEMARK_TRY(const SnapshotSummary summary, read_summary(opening));
  return SharedFile{sha256,
                    source->size(),
                    summary.version.seq.value(),
                    summary.offset,
                    summary.version.state_hash,
                    summary.chain,
                    std::move(source)};
}

void SnapshotShare::offer(SharedFile file) {
  std::shared_ptr<const void> readers;
  if (const Offered* before = find(file.sha256)) readers = before->readers;
  if (!readers) readers = std::make_shared<int>();
  withdraw(file.sha256);
  const auto place = std::ranges::find_if(offered_, [&](const Offered& one) {
    return std::pair(one.file.seq, one.file.offset) <= std::pair(file.seq, file.offset);
  });
  offered_.insert(place,
                  Offered{.file = std::move(file), .listed = true, .readers = std::move(readers)});
}

void SnapshotShare::unlist(const base::Sha256& sha256) {
  for (Offered& one : offered_) one.listed = one.listed && one.file.sha256 != sha256;
}

void SnapshotShare::withdraw(const base::Sha256& sha256) {
  std::erase_if(offered_, [&](const Offered& one) { return one.file.sha256 == sha256; });
}

const SnapshotShare::Offered* SnapshotShare::find(const base::Sha256& sha256) const {
  const auto at =
      std::ranges::find_if(offered_, [&](const Offered& one) { return one.file.sha256 == sha256; });
  return at == offered_.end() ? nullptr : &*at;
}

bool SnapshotShare::is_read(const base::Sha256& sha256) const {
  const Offered* offered = find(sha256);
  return offered != nullptr && offered->readers.use_count() > 1;
}

std::vector<SharedFile> SnapshotShare::listed() const {
  std::vector<SharedFile> files;
  for (const Offered& one : offered_) {
    if (one.listed) files.push_back(one.file);
  }
  return files;
}

net::HttpResponse SnapshotShare::list() const {
  json::array snapshots;
  for (const SharedFile& file : listed()) {
    snapshots.emplace_back(to_json(file));
  }
  net::HttpResponse response;
  response.body = json::serialize(json::object{{"snapshots", std::move(snapshots)}});
  return response;
}

net::HttpResponse SnapshotShare::busy() {
  ++counters_.refused;
  const std::uint64_t wait =
      limits_.retry_after_seconds + random_.next() % (limits_.retry_after_seconds + 1);
  net::HttpResponse response =
      refused(429, std::to_string(limits_.downloads_max) +
                       " downloads are under way, no more are served at once");
  response.headers.add("Retry-After", std::to_string(wait));
  return response;
}

net::HttpResponse SnapshotShare::file(const net::HttpRequest& request, std::string_view sha256) {
  const auto at = std::ranges::find_if(
      offered_, [&](const Offered& one) { return base::to_hex(one.file.sha256) == sha256; });
  if (at == offered_.end()) {
    return refused(404, "no snapshot file " + std::string(sha256) +
                            " is here (any more): GET /v1/snapshots lists them");
  }
  const std::string tag = tag_of(at->file.sha256);
  if (request.headers.get("If-None-Match") == tag) {
    net::HttpResponse unchanged;
    unchanged.status = 304;
    unchanged.headers.add("ETag", tag);
    return unchanged;
  }
  const bool is_head = request.method == "HEAD";  // takes no place: nothing is sent
  if (!is_head && under_way() >= limits_.downloads_max) return busy();
  const auto place = std::make_shared<const Place>(Place{at->file.source, all_, at->readers});
  net::HttpResponse response =
      net::ranged_response(by_if_range(request, tag),
                           std::shared_ptr<const net::OctetSource>(place, place->source.get()),
                           "application/octet-stream");
  if (!response.shared) return response;  // 416
  response.headers.add("ETag", tag);
  // What a name stands for never changes.
  response.headers.add("Cache-Control", "private, immutable");
  response.shared->octets_per_second_max = limits_.octets_per_second_max;
  if (is_head) return response;
  ++counters_.downloads;
  counters_.octets += response.shared->octets;
  return response;
}

net::HttpResponse SnapshotShare::respond(const net::HttpRequest& request) {
  const auto& path = request.path;
  const bool is_known =
      (path.size() == 2 || path.size() == 3) && path[0] == "v1" && path[1] == "snapshots";
  if (!is_known) return refused(404, "there is no such page: GET /v1/snapshots");
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = refused(405, request.method + " is not for this path");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  return path.size() == 2 ? list() : file(request, path[2]);
}

}  // namespace tidemark::consumer
