// ApiClient: the controller's HTTP API (docs/http-api.md) as seen by a person at a terminal.
//
// A mutation carries a random Idempotency-Key: when its connection breaks it is sent again and
// happens once. A 202 (stored, not judged yet) is followed until the change is judged.
//
// Errors  Failures with the controller's words, every detail, and what to do. Guard for a guard;
//         TimeOut if the controller did not answer, the change was not judged, or (with --wait) an
//         edge does not serve it in time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "net/http_client.hpp"

namespace boost::json {
class object;
}

namespace tidemark::cli {

struct ApiRequest {
  std::string method = "GET";
  std::vector<std::string> path;  // behind /v1, not encoded
  std::vector<std::pair<std::string, std::string>> query{};
  std::string body{};
  std::string content_type = "application/json";
  std::string accept = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};  // besides the usual ones
  std::string file{};  // that the body came from: stands before the lines of errors
};

struct ApiReply {
  unsigned status = 0;
  std::string body{};
  bool served_everywhere = false;           // every live edge was waited for
  std::string not_live{};                   // then: the edges that were not, "edge2, edge3"
  std::optional<std::uint64_t> removals{};  // of a dry run: what a guard will ask for
};

class ApiClient {
 public:
  static Expected<ApiClient> connect(const Session& session);

  Expected<ApiReply> ask(const ApiRequest& request) const;
  Expected<ApiReply> mutate(ApiRequest request, const MutationOptions& options) const;
  // As it would be sent, for who sends many at once.
  net::HttpCall call_of(const ApiRequest& request) const;

 private:
  ApiClient(const Session& session, net::Url url, std::string token)
      : session_(session), url_(std::move(url)), token_(std::move(token)) {}

  using Clock = std::chrono::steady_clock;
  Expected<net::HttpResponse> exchange(const net::HttpCall& call,
                                       std::chrono::milliseconds deadline) const;
  Expected<std::optional<ApiReply>> judged(const std::string& change_id) const;
  std::optional<std::uint64_t> backlog() const;
  Expected<ApiReply> follow(const std::string& change_id, const MutationOptions& options,
                            Clock::time_point begun) const;
  std::string not_live() const;
  Failure not_served(const boost::json::object& answer, std::uint64_t seconds) const;
  Expected<void> wait_for_edges(std::uint64_t seq, Clock::time_point deadline) const;

  const Session& session_;
  net::Url url_;
  std::string token_;
};

// The Failure that an answer outside 2xx stands for.
Failure failure_of(unsigned status, const std::string& body, const std::string& file);

}  // namespace tidemark::cli
