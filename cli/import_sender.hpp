// ImportSender: many changes sent to the controller, several at once, in order for each zone.
//
// Zones overtake each other; changes of one zone never do: each waits until the one before it is
// judged. A guard is answered with the exact number that it names, if so set: what is imported has
// happened already.
//
// Errors  run(): what stops it all (no controller, no permission). What a single change breaks is
//         noted in the report, and the zone's next change goes on.
// Threads One.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/api_client.hpp"
#include "cli/outcome.hpp"
#include "cli/session.hpp"

namespace tidemark::cli {

struct ImportChange {
  std::string zone;
  bool removal = false;
  // The master file; read when its turn has come.
  std::function<Expected<std::string>()> text{};
  std::string author{}, reason{};  // empty author: the session's
  std::string origin{};            // "git:COMMIT"
  std::uint64_t time_ms = 0;       // 0: not told
  std::string label{};             // for people: "0123456789ab example.org.zone"
};

struct ImportReport {
  struct Refused {
    std::string label;
    std::string why;  // one line
    std::string zone{};
    std::optional<std::uint64_t> removals{};  // a guard: how many RRsets would go
  };
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;  // the zone was so already
  std::vector<Refused> refused{};
};

struct ImportSending {
  std::size_t at_once = 16;
  bool acknowledges = true;
};

Expected<ImportReport> send_changes(const ApiClient& api, const Session& session,
                                    std::vector<ImportChange> changes, ImportSending sending = {});

}  // namespace tidemark::cli
