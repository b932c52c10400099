// Terms: what a request says about its change beside the wish: who, why, on what condition, and how
// long the client waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "core/base/hash.hpp"
#include "core/event/change_set.hpp"
#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/wait_target.hpp"

namespace tidemark::producer {

constexpr std::chrono::seconds wait_max{600};
constexpr std::size_t idempotency_key_octets_max = 255;

struct Terms {
  std::string author{};
  std::string reason{};
  bool dry_run = false;
  bool hold = false;  // keep it as a proposal, whatever a guard says (held_desk.hpp)
  std::optional<std::uint64_t> acknowledged_removals{};
  std::optional<event::Expect> expect{};
  bool must_exist = false;  // If-Match: *
  std::optional<event::Origin> origin{};
  std::optional<std::chrono::seconds> wait{};
  WaitTarget wait_on{};  // Tidemark-Wait-On
  event::RolloutClass rollout = event::RolloutClass::Standard;
  std::string key{};            // Idempotency-Key, with the author in front; empty: none
  base::Sha256 request{};       // of all that makes two requests the same
  base::Sha256 but_for_hold{};  // the same, were `hold` the other way
  std::optional<event::ChangeId> change_id{};  // fixed beforehand: of a proposal

  Condition condition() const noexcept {
    return expect || must_exist ? Condition::Clients : Condition::Ours;
  }
};

// `author`: of the token; without tokens the header Tidemark-Author is asked.
std::expected<Terms, ApiError> read_terms(const net::HttpRequest& request,
                                          const std::optional<std::string>& author);

// "true" for 1, true, yes; nothing if the parameter is absent.
std::expected<bool, ApiError> flag_parameter(const net::HttpRequest& request,
                                             std::string_view name);
std::expected<std::optional<std::uint64_t>, ApiError> number_parameter(
    const net::HttpRequest& request, std::string_view name);

}  // namespace tidemark::producer
