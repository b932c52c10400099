// Trace: what answering one question did, step by step, written down by the code that answers.
//
// respond() and what it calls take a pointer to one; in production it is null, and all that is left
// of this is a comparison. The Trace holds plain values and views into the Snapshot; the look of a
// step in words or JSON is explain.hpp's business. It changes no answer: with and without it the
// same octets are sent.
//
// Invariants  One TracedName for each name that was looked for, in order: the question's, then
//             those that aliases led to; never more than names_max.
// Requires    The Snapshot that was answered from outlives the views in it.
// Threads     The caller's of respond().
// Cost        No allocation; about 7 KiB, fixed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "core/dns/message.hpp"
#include "core/health/verdict.hpp"
#include "dns-edge/answer/answer.hpp"
#include "dns-edge/answer/locate.hpp"

namespace tidemark::edge {

// How the work on one name ended.
enum class NameEnd : std::uint8_t {
  NotHosted,  // no zone: REFUSED for the question's own name, else the end of the chain
  Referral,   // at or below a cut
  Answered,   // from RRsets or a pool
  Cname,      // an alias by a stored CNAME
  Dname,      // an alias by a DNAME, with the CNAME made from it
  YxDomain,   // the DNAME's result is longer than 255 octets
  Nodata,
  NxDomain,
  NoMember,  // the pool may give nobody: SERVFAIL
  Expired,   // the zone was not heard of for too long: as NotHosted
};

// Why an alias was not followed although it leads on.
enum class AliasStop : std::uint8_t {
  None,      // it was followed, or there was none
  Asked,     // QTYPE CNAME or ANY wants the alias itself
  Loop,      // its target was seen before in this message
  Limit,     // aliases_max were followed before
  Overflow,  // the message is full: it is truncated
};

struct TracedPool {
  dataset::PoolView pool;
  dns::RrType type;       // A or AAAA
  std::uint32_t ttl;      // of the POOL RRset
  std::uint64_t members;  // bit i: endpoint i has an address of that family
  std::uint64_t chosen;   // those that were answered
};

struct TracedName {
  static constexpr std::size_t types_max = 16;

  std::array<std::uint8_t, dns::name_octets_max> octets;
  std::size_t size = 0;
  std::optional<dataset::Zone> zone{};  // nothing: not hosted
  std::optional<Match> match{};         // set iff zone is
  NameEnd end = NameEnd::NotHosted;
  AliasStop stop = AliasStop::None;
  std::array<dns::RrType, types_max> types;          // of the RRsets that were put into the answer
  std::size_t type_count = 0;                        // may exceed types_max (ANY over TCP)
  std::array<std::optional<TracedPool>, 2> pools{};  // of A and AAAA: both only for ANY
  std::uint32_t negative_ttl = 0;                    // of the SOA: Nodata, NxDomain

  dns::NameView name() const noexcept {
    return dns::NameView::trusted(base::ByteView(octets).first(size));
  }
  void found(dns::RrType type) noexcept {
    if (type_count < types_max) types[type_count] = type;
    ++type_count;
  }
};

struct Trace {
  static constexpr std::size_t names_max = aliases_max + 1;

  dns::QueryVerdict verdict = dns::QueryVerdict::Silence;
  std::size_t octets_max = 0;  // what this client and transport may get
  std::array<TracedName, names_max> names;
  std::size_t name_count = 0;  // 0: it never came to a look-up: error of form, class or type
  // Records in the additional section, OPT apart: required glue, then what fitted besides.
  std::size_t additional_required = 0, additional_optional = 0;
  std::size_t rrsets_left_out = 0;  // optional ones that did not fit
  bool did_not_fit = false;         // required records: TC=1 over UDP, SERVFAIL over TCP

  void begin(dns::NameView name, const std::optional<dataset::Zone>& zone) noexcept {
    TracedName& next = names[std::min(name_count++, names_max - 1)];
    std::ranges::copy(name.wire(), next.octets.begin());
    next.size = name.wire().size();
    next.zone = zone;
  }
  // Requires  begin() before.
  TracedName& now() noexcept { return names[std::min(name_count, names_max) - 1]; }
};

}  // namespace tidemark::edge
