// What must hold at one name of a zone, and between it and the names above and below it.
//
// The fold asks this of every owner that a ChangeSet touched, after its edits.
//
// RFC  1034 section 3.6.2, 2181 section 10.1 (CNAME alone), 6672 (DNAME), 4592 section 4
// (wildcards),
//      4035 section 2.4 (DS at a cut)
#pragma once

#include <optional>

#include "core/dataset/dataset.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::fold {

std::optional<Rejected> check_node(const dataset::Zone& zone, dns::NameView owner);
// The apex of a zone that is served: one SOA, NS, no CNAME.
std::optional<Rejected> check_apex(const dataset::Zone& zone);
// Every DNAME of the zone, after a cut that hid some of them was taken away.
std::optional<Rejected> check_all_dnames(const dataset::Zone& zone);

}  // namespace tidemark::fold
