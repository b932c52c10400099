// Past: who is asked about the past: a controller, or an index on this machine, kept or made of a
// log for this one command. All give the same answers (docs/http-api.md, "The past").
//
// Errors  As ApiClient's. Usage: the options exclude each other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/outcome.hpp"
#include "cli/session.hpp"

namespace boost::json {
class object;
}

namespace tidemark::cli {

struct PastOptions {
  std::optional<std::string> log, index, kafka_settings, by, dataset;
};
void add_past_options(Command& command, PastOptions& options);

class Past {
 public:
  using Query = std::vector<std::pair<std::string, std::string>>;

  static Expected<Past> open(const PastOptions& options, const Session& session);
  Past(Past&&) noexcept;
  ~Past();

  // `path` behind /v1: {"diff"}. The body of the answer.
  Expected<std::string> ask(std::vector<std::string> path, Query query,
                            const std::string& accept = "application/json");
  Expected<boost::json::object> ask_json(std::vector<std::string> path, Query query);

 private:
  struct Inner;
  explicit Past(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::cli
