// answer: what a question of class IN and of a data type (or ANY) is answered with.
//
// The algorithm of RFC 1034 section 4.3.2 as refined by 6672, 4592, 2308, 6604 and 8020: find the
// zone, locate the name, write what the match says; an alias starts over with its target, in the
// same Snapshot, at most aliases_max times and never twice with one name. Pools are answered by the
// Snapshot's health masks. It writes required records only; what may be left out is named in the
// Outcome and comes afterwards (addresses.hpp).
//
// A zone that has an expiry and has not been heard of for longer is refused; an alias into it ends
// the chain, as one into a name that is not hosted.
//
// When the writer overflows, answer() stops early: the caller truncates, and the rest is moot.
//
// Threads  Any; everything is const but the writer.
// Cost     No allocation, no clock, no lock. O(labels) look-ups an alias step.
#pragma once

#include <optional>

#include "consumer/snapshot/snapshot.hpp"
#include "core/dns/message.hpp"
#include "dns-edge/answer/lookup.hpp"
#include "dns-edge/answer/response_writer.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

struct Trace;  // trace.hpp

enum class ExtendedError : std::uint16_t {  // RFC 8914, only what we send
  StaleAnswer = 3,
  Prohibited = 18,  // by policy, of anybody: transfers
  NotAuthoritative = 20,
  NotSupported = 21,
  ZoneExpired = 24,  // Invalid Data
  InvalidQueryType = 30,
};

// Addresses that may follow if there is room: of the targets of `ns`.
struct Addresses {
  enum class Which : std::uint8_t {
    None,
    Sibling,  // of a referral: what is not below the cut
    Targets,  // of NS at the apex: all of them or none
  };
  Which which = Which::None;
  std::optional<dataset::Zone> zone{};
  std::optional<dataset::Node> owner{};  // of the NS RRset
};

struct Outcome {
  dns::Rcode rcode = dns::Rcode::NoError;
  bool authoritative = false;
  std::optional<ExtendedError> extended_error{};
  std::optional<dataset::Zone> zone{};  // that encloses QNAME: whose version ZONEVERSION tells
  Addresses addresses{};
};

// Of a question whose Lookup has begun; of its aliases' targets answer() begins others itself.
// Writes its steps into `trace`, if there is one.
Outcome answer(const consumer::Snapshot& snapshot, const dns::Query& query, const Lookup& lookup,
               Transport transport, const Moment& now, ResponseWriter& out,
               Trace* trace = nullptr) noexcept;

}  // namespace tidemark::edge
