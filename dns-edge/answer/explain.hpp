// explain: what respond() answers to a question and why, as plain values that people or programs
// can be shown.
//
// It asks respond() itself, with a Trace, and puts the Trace into words: there is no second copy of
// the algorithm that could disagree. Any Snapshot will do, the live one or one made from the past.
//
// Threads  Any that may read the Snapshot. Not for the query path: it allocates.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/dns/message.hpp"
#include "dns-edge/answer/respond.hpp"
#include "dns-edge/answer/trace.hpp"

namespace tidemark::edge {

struct WhyQuestion {
  dns::Name name;
  dns::RrType type = dns::RrType::A;
  Client client{};
  bool dnssec = false;                                     // the DO bit
  std::uint16_t payload_octets = dns::udp_payload_octets;  // 0: a query without an OPT
};

// One step. `kind` comes from a closed set: refused, zone, name, ent, wildcard, cut, dname,
// missing, referral, rrset, pool, alias, synthesis, yxdomain, nodata, nxdomain, servfail, stop,
// additional, truncated, error.
struct ExplainedStep {
  std::string kind;
  std::string name;  // that was looked for
  std::string at;    // the name, zone or pool that decided; may be empty
  std::string text;  // a sentence
};

struct ExplainedEndpoint {
  std::string id, address;
  bool up = false, drained = false;
  std::string rule, cause;  // health::Rule, and in words what is known of it
  std::string status;       // as configured: obey, up, down
  unsigned weight = 0;
  bool answered = false;
};

struct ExplainedPool {
  std::string name, owner;
  dns::RrType type = dns::RrType::A;
  std::uint32_t ttl = 0;
  std::string choice;    // health::Choice: up, floor, all-down
  std::string all_down;  // the policy: answer-all, last-healthy, servfail
  unsigned floor = 0, quorum = 0;
  std::uint64_t up = 0, members = 0, answered = 0;  // masks, bit i: endpoint i
  std::vector<ExplainedEndpoint> endpoints{};
};

struct Explanation {
  std::string lineage, state_hash;
  std::uint64_t seq = 0;
  std::int64_t health_position = -1, health_ms = -1;

  std::vector<ExplainedStep> steps{};
  std::vector<ExplainedPool> pools{};
  std::optional<std::uint32_t> negative_ttl{};
  std::size_t additional_required = 0, additional_optional = 0, rrsets_left_out = 0;
  std::size_t octets = 0, octets_max = 0;
  bool truncated = false;

  std::string status, flags;  // "NOERROR", "qr aa"
  std::optional<std::uint16_t> extended_error{};
  std::vector<std::string> answer{}, authority{}, additional{};  // presentation form, OPT left out
  std::string message{};                                         // all of it, as dig prints it
};

// The type of a question that can be explained, from its name or TYPE123.
// Errors  Invalid: no such type, or a meta type: those are no questions for data.
base::Result<dns::RrType> explainable_type(std::string_view text);

Explanation explain(const WhyQuestion& question, const consumer::Snapshot& snapshot,
                    const AnswerSettings& settings, const Moment& now);

}  // namespace tidemark::edge
