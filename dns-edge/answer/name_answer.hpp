// name_answer: what one name holds for a type: an RRset, a choice from a pool, some of all for ANY.
//
// The POOL RRset itself is never shown: its name answers A and AAAA with the members that the
// health mask allows, with the POOL RRset's TTL.
//
// RFC  8482 (minimal ANY)
#pragma once

#include "consumer/snapshot/snapshot.hpp"
#include "dns-edge/answer/response_writer.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

struct Trace;  // trace.hpp

enum class NameAnswer : std::uint8_t {
  Written,
  Nothing,   // NODATA
  NoMember,  // the pool has addresses of this family and may give none of them: SERVFAIL
};

// Puts it into the answer section with the owner `name`, which `node` is or stands for.
NameAnswer put_name_answer(const consumer::Snapshot& snapshot, dns::RrType type,
                           Transport transport, const dataset::Node& node, const Placed& name,
                           ResponseWriter& out, Trace* trace = nullptr) noexcept;

}  // namespace tidemark::edge
