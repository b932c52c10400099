// One message put to the edge's respond() as a client would, with everything asked of the reply
// that does not depend on the zones.
#pragma once

#include <vector>

#include "consumer/snapshot/snapshot.hpp"
#include "dns-edge/answer/respond.hpp"

namespace tidemark::fuzz {

// `how`: an octet of the input: transport, kind of address, who is limited.
// The reply's octets; empty: silence.
base::ByteView ask(base::ByteView message, std::uint8_t how, const consumer::Snapshot& snapshot);

consumer::Snapshot snapshot_of(dataset::Dataset dataset);

}  // namespace tidemark::fuzz
