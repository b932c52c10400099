// respond: one datagram or TCP message in, one response out, or silence. All that the edge says.
//
// Untrusted bytes meet the house here: whatever comes in, what goes out is a well-formed message
// within its size limit, computed from the given Snapshot alone.
//
// Requires  `out` holds dns::udp_payload_octets (UDP) or dns::message_octets_max (TCP).
// Threads   Any.
// Cost      No allocation, no clock, no lock; work bounded whatever the query says.
// RFC       1035, 2181, 6891, 8906 and those of answer.hpp
#pragma once

#include <span>

#include "consumer/snapshot/snapshot.hpp"
#include "core/base/bytes.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

struct Trace;  // trace.hpp

// Writes its steps into `trace`, if there is one: the same octets are sent.
Reply respond(base::ByteView message, const Client& client, const Moment& now,
              const consumer::Snapshot& snapshot, const AnswerSettings& settings,
              std::span<std::uint8_t> out, Trace* trace = nullptr) noexcept;

// What a source over its limit gets: the question and an OPT with TC=1, so that who is real asks
// again over TCP; of who sent a client cookie: BADCOOKIE with a fresh one. Errors stay what they
// are. Never more than the query and a server cookie. Over TCP: silence, which closes.
Reply respond_limited(base::ByteView message, const Client& client, const Moment& now,
                      const consumer::Snapshot& snapshot, const AnswerSettings& settings,
                      std::span<std::uint8_t> out) noexcept;

}  // namespace tidemark::edge
