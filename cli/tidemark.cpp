#include "cli/tidemark.hpp"

#include "cli/commands.hpp"

namespace tidemark::cli {

Exit run_tidemark(int argc, const char* const* argv) {
  Session session;
  Tool tool("tidemark", "Tidemark: authoritative DNS that follows a replayable log",
            TIDEMARK_VERSION);
  Command root = tool.root();
  add_session_options(root, session);
  add_demo(root, session);
  add_serve(root, session);
  add_zone(root, session);
  add_import(root, session);
  add_record(root, session);
  add_pool(root, session);
  add_override(root, session);
  add_cookies(root, session);
  add_changes(root, session);
  add_status(root, session);
  add_fleet(root, session);
  add_wait(root, session);
  add_events(root, session);
  add_rollout(root, session);
  add_pins(root, session);
  add_snapshots(root, session);
  add_held(root, session);
  add_rollback(root, session);
  add_health(root, session);
  add_why(root, session);
  add_history(root, session);
  add_blame(root, session);
  add_diff(root, session);
  add_show(root, session);
  add_export(root, session);
  add_bisect(root, session);
  add_log(root, session);
  add_verify(root, session);
  add_topics(root, session);
  add_watch_withdrawal(root);
  Command reference = root.add("reference", "", "tidemark reference > docs/cli.md");
  reference.action([&tool]() -> Outcome {
    print(tool.reference());
    return {};
  });
  return tool.run(argc, argv);
}

}  // namespace tidemark::cli
