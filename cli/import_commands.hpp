// The parts of `tidemark import`.
#pragma once

#include "cli/commands.hpp"

namespace tidemark::cli {

void add_import_git(Command& import, Session& session);
void add_import_zonefiles(Command& import, Session& session);
void add_import_axfr(Command& import, Session& session);

}  // namespace tidemark::cli
