// locate: which name of a zone a question is about. RFC 1034 section 4.3.2 steps 3 and 4 as one
// walk from the apex down.
//
// What lies below a zone cut or a DNAME is never found (occluded); the upper one of both wins.
//
// Cost  One table look-up a label below the apex, and one for the first name that does not exist:
//       never more than the deepest name of the zone has labels.
// RFC   1034, 4592 (wildcards), 6672 (DNAME), 8020 (nothing below a name that does not exist)
#pragma once

#include <cstdint>
#include <optional>

#include "core/dataset/dataset.hpp"
#include "core/dns/name.hpp"
#include "core/dns/types.hpp"
#include "dns-edge/answer/lookup.hpp"

namespace tidemark::edge {

enum class MatchKind : std::uint8_t {
  Name,       // the name itself; perhaps an empty non-terminal
  Wildcard,   // its RRsets stand for the name
  Cut,        // delegated: referral
  CutItself,  // QTYPE DS at the cut: of all its RRsets only DS is visible
  Dname,      // redirected by a strict ancestor
  NoName,     // does not exist; `node` is the closest encloser
};

struct Match {
  MatchKind kind;
  dataset::Node node;
};

// Requires  `lookup` has begun and found a zone.
Match locate(const Lookup& lookup, dns::RrType type) noexcept;
// The same, unless a wildcard must be looked for: then only its place, and no `match`.
std::optional<dataset::TableProbe> locate_or_probe(const Lookup& lookup, dns::RrType type,
                                                   std::optional<Match>& match) noexcept;

}  // namespace tidemark::edge
