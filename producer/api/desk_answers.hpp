// What the Desk answers, as functions of plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/dataset/dataset.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"
#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/terms.hpp"
#include "producer/decide/decide.hpp"

namespace tidemark::producer {

constexpr std::size_t diff_lines_max = 200;  // in an answer; a dry run shows more

// An accepted change, or a wish that was granted already (no change_id).
struct Success {
  std::optional<event::ChangeId> change_id;
  std::int64_t offset = -1;
  dataset::Version version;
  std::vector<fold::ZoneOutcome> zones;
  std::string diff;  // JSON
  std::vector<std::string> warnings;
};

net::HttpResponse success_response(const Success& success);
enum class Acked : std::uint8_t { Yes, No };
net::HttpResponse acked_response(const Success& success, Acked acked, const Acknowledgement& heard);
// Of a request with an Idempotency-Key: the same one makes the same change.
event::ChangeId change_id_of(const base::Sha256& request, const std::string& key);
// A key that stands for another request: the difference is named as far as it is known.
ApiError other_request(const Terms& terms, const base::Sha256& first);
// Its record may have reached the log or the disk, and may not: nobody can promise anything.
ApiError not_durable(event::ChangeId id, const base::Error& error);
net::HttpResponse pending_response(event::ChangeId id, unsigned status = 202);
net::HttpResponse dry_run_response(const Plan& plan, const dataset::Version& version,
                                   const std::vector<std::string>& warnings);

// The zone as it is, for an answer that changed nothing.
std::vector<fold::ZoneOutcome> outcome_of(const dataset::Dataset& dataset, const Wish& wish);
// What a ChangeSet touches: "example.org.", "pool/web".
std::set<std::string> objects_of(const event::ChangeSet& change);
// A warning for each deletion of what is not there.
void add_skipped(const Wish& wish, const Diff& diff, std::vector<std::string>& warnings);

}  // namespace tidemark::producer
