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
    if (name == "reason" && request.method != "GET") continue;
    return refuse(bad_request("unknown parameter " + name, request.method == "GET"
                                                               ? "this path takes none"
                                                               : "this path knows reason"));
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
  if (request.method == "GET") {
    return respond(name.empty() ? share_.list() : share_.file(request, name));
  }
  const auto terms = read_terms(request, author);
  if (!terms) return respond(to_response(terms.error()));
  if (request.method == "POST") return make(std::move(respond));
  respond(request.method == "PUT" ? keep(name, *terms) : drop(name));
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
