// The commands, one function each: what tidemark.cpp puts under the root, in this order.
#pragma once

#include "cli/command.hpp"
#include "cli/session.hpp"

namespace tidemark::cli {

void add_demo(Command root, Session& session);
void add_serve(Command root, Session& session);
void add_zone(Command root, Session& session);
void add_import(Command root, Session& session);
void add_record(Command root, Session& session);
void add_pool(Command root, Session& session);
void add_override(Command root, Session& session);
void add_cookies(Command root, Session& session);
void add_changes(Command root, Session& session);
void add_status(Command root, Session& session);
void add_fleet(Command root, Session& session);
void add_diverged(Command fleet, Session& session);
void add_wait(Command root, Session& session);
void add_events(Command root, Session& session);
void add_rollout(Command root, Session& session);
void add_release(Command fleet, Session& session);
void add_watch_withdrawal(Command root);
void add_pins(Command root, Session& session);
void add_snapshots(Command root, Session& session);
void add_held(Command root, Session& session);
void add_rollback(Command root, Session& session);
void add_health(Command root, Session& session);
void add_why(Command root, Session& session);
void add_history(Command root, Session& session);
void add_blame(Command root, Session& session);
void add_diff(Command root, Session& session);
void add_show(Command root, Session& session);
void add_export(Command root, Session& session);
void add_bisect(Command root, Session& session);
void add_log(Command root, Session& session);
void add_verify(Command root, Session& session);
void add_topics(Command root, Session& session);

}  // namespace tidemark::cli
