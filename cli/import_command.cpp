// tidemark import: the past and the present of other systems.
#include "cli/import_commands.hpp"

namespace tidemark::cli {

void add_import(Command root, Session& session) {
  Command import =
      root.add("import", "What other systems hold: their history, their zone files, their zones",
               "tidemark import git ~/dns --path 'zones/*.zone'");
  add_import_git(import, session);
  add_import_zonefiles(import, session);
  add_import_axfr(import, session);
}

}  // namespace tidemark::cli
