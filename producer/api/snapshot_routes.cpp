// The routes of SnapshotDesk: what is asked of /v1/snapshots, and what is told.
#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json.hpp>

#include "producer/api/request_body.hpp"
#include "producer/api/snapshot_desk.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

std::expected<void, ApiError> check_parameters(const net::HttpRequest& request) {
  for (const auto& [name, value] : request.query) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (name == "reason" && !reads) continue;
    return refuse(bad_request("unknown parameter " + name,
                              reads ? "this path takes none" : "this path knows reason"));
  }
  return {};
}

}  // namespace

net::HttpResponse SnapshotDesk::told(const ShelvedFile& shelved) {
  const consumer::SharedFile& file = shelved.file;
  net::HttpResponse response;
  response.body =
      json::serialize(json::object{{"sha256", base::to_hex(file.sha256)},
                                   {"octets", file.octets},
                                   {"seq", file.seq},
                                   {"offset", file.offset},
                                   {"state_hash", base::to_hex(file.state_hash.value())},
                                   {"chain", base::to_hex(file.chain)},
                                   {"kept", file.kept}});
  return response;
}

void SnapshotDesk::take(const net::HttpRequest& request, const std::optional<std::string>& author,
                        net::Respond respond) {
  if (auto known = check_parameters(request); !known) return respond(to_response(known.error()));
  const std::string name = request.path.size() > 2 ? request.path[2] : std::string();
  if (!name.empty() && (request.method == "GET" || request.method == "HEAD")) look_at(name);
  if (request.method == "HEAD") return respond(share_.file(request, name));
  if (request.method == "GET") {
    return respond(name.empty() ? share_.list() : share_.file(request, name));
  }
  const auto terms = read_terms(request, author);
  if (!terms) return respond(to_response(terms.error()));
  if (request.method == "POST") return make(std::move(respond));
  respond(request.method == "PUT" ? keep(name, *terms) : drop(name));
}

std::string SnapshotDesk::metrics() const {
  std::string out;
  const auto add = [&out](const std::string& name, const char* kind, const char* help,
                          std::uint64_t value) {
    out += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n" + name + " " +
           std::to_string(value) + "\n";
  };
  const auto& counters = share_.counters();
  add("tidemark_snapshot_downloads_total", "counter",
      "Downloads of snapshot files that began, parts included.", counters.downloads);
  add("tidemark_snapshot_download_octets_total", "counter", "Octets of those downloads, as begun.",
      counters.octets);
  add("tidemark_snapshot_downloads_refused_total", "counter",
      "Downloads refused with 429, as all places were taken.", counters.refused);
  add("tidemark_snapshot_downloads_under_way", "gauge", "Downloads under way.", share_.under_way());
  add("tidemark_snapshot_files", "gauge", "Snapshot files that are listed.",
      share_.listed().size());
  add("tidemark_snapshot_files_dropped_total", "counter",
      "Snapshot files that were found damaged or gone, and are not served any more.", dropped_);
  return out;
}

void SnapshotDesk::make(net::Respond respond) {
  if (closed_ || !may_make()) {
    return respond(to_response(
        unavailable("this controller makes no snapshot file now: state " +
                    event::to_text(ports_.feeder.node_state()) + ", version " +
                    std::to_string(ports_.feeder.state().dataset.version().seq.value()))));
  }
  if (waiting_.size() >= snapshot_requests_max) {
    return respond(to_response(unavailable("too many requests for snapshot files are waiting")));
  }
  waiting_.push_back({ports_.feeder.state().offset, std::move(respond)});
  made_offset_ = -1;  // what failed is tried again
  answer_waiting({});
  make_if_due(ports_.clock.steady());
}

std::expected<SnapshotDesk::Held*, ApiError> SnapshotDesk::find(const std::string& seq) {
  std::uint64_t wanted = 0;
  const auto [end, failed] = std::from_chars(seq.data(), seq.data() + seq.size(), wanted);
  if (failed != std::errc() || end != seq.data() + seq.size()) {
    return refuse(bad_request("'" + seq + "' is no version", "PUT or DELETE /v1/snapshots/SEQ"));
  }
  const auto at = std::ranges::find_if(
      held_, [wanted](const Held& one) { return one.shelved.file.seq == wanted; });
  if (at == held_.end()) {
    ApiError error = not_found("no snapshot file of version " + seq + " is here", seq);
    error.remedy = "tidemark snapshots list; tidemark snapshots make    # one of the newest";
    return refuse(std::move(error));
  }
  return &*at;
}

net::HttpResponse SnapshotDesk::keep(const std::string& seq, const Terms& terms) {
  auto found = find(seq);
  if (!found) return to_response(found.error());
  ShelvedFile& shelved = (*found)->shelved;
  const std::string reason =
      terms.author + (terms.reason.empty() ? std::string() : ": " + terms.reason);
  if (auto kept = ports_.shelf.keep(shelved, reason); !kept) {
    return to_response(unavailable(kept.error().trail));
  }
  shelved.file.kept = reason;
  share_.offer(shelved.file);
  (*found)->listed = true;
  return told(shelved);
}

net::HttpResponse SnapshotDesk::drop(const std::string& seq) {
  auto found = find(seq);
  if (!found) return to_response(found.error());
  ShelvedFile& shelved = (*found)->shelved;
  if (shelved.file.kept.empty()) {
    return to_response({409, "conflict", "version " + seq + " is not kept on purpose", seq,
                        "it goes by itself when it is old: nothing is to be done"});
  }
  if (auto dropped = ports_.shelf.no_longer_keep(shelved); !dropped) {
    return to_response(unavailable(dropped.error().trail));
  }
  shelved.file.kept.clear();
  if ((*found)->listed) share_.offer(shelved.file);
  return told(shelved);
}

}  // namespace tidemark::producer
