// The two halves of `tidemark zone`: what changes zones, what reads them.
#pragma once

#include "cli/commands.hpp"

namespace tidemark::cli {

void add_zone_reads(Command& zone, Session& session);  // export, list, show
void add_zone_settings(Command& zone, Session& session);
void add_zone_verify(Command& zone, Session& session);

}  // namespace tidemark::cli
