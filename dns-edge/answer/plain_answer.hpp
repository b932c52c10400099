// plain_answer: what most questions get, written at once: an RRset of the question's own name, or
// the members of a pool, or the zone's denial, with an OPT if the query has one.
//
// It decides nothing of its own: whatever is not that plain (aliases, cuts, pools without a member,
// options beside a cookie, a reply that does not fit) it leaves to the long way through answer(),
// which would send the same octets. A property test asks both.
//
// Cost  No allocation; a few copies.
#pragma once

#include <span>

#include "core/base/bytes.hpp"
#include "dns-edge/answer/respond.hpp"

namespace tidemark::edge {

// `cookie`: that goes into the OPT, or nothing. 0 octets: the long way.
Reply put_plain_answer(const Arrival& arrival, const consumer::Snapshot& snapshot,
                       base::ByteView cookie, const Moment& now, const AnswerSettings& settings,
                       std::span<std::uint8_t> room) noexcept;

}  // namespace tidemark::edge
