// explain_steps: a Trace in words, and the pools that it went through.
#pragma once

#include "dns-edge/answer/explain.hpp"

namespace tidemark::edge {

// Fills steps, pools and negative_ttl.
void put_steps(Explanation& shown, const Trace& trace, const WhyQuestion& question,
               const consumer::Snapshot& snapshot, const Reply& reply);

ExplainedPool explain_pool(const TracedPool& traced, dns::NameView owner,
                           const consumer::Snapshot& snapshot);

}  // namespace tidemark::edge
