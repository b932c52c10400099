// Wishes: a mutating request read as a wish. Pure; what it says is judged later.
//
// Some wishes need the state that is decided on (an absent field keeps its value), so a request
// becomes a function of the Base, called when its turn has come.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/terms.hpp"
#include "producer/decide/wish.hpp"
#include "producer/decide/zone_view.hpp"

namespace tidemark::producer {

struct ReadWish {
  std::string object;  // "example.org.", "pool/web": requests for one object wait for each other
  std::function<std::expected<Wish, ApiError>(const Base&)> make;
  std::vector<std::string> warnings{};
  bool allows_conditions = true;  // If-Match and the like: zones only
};
using WishResult = std::expected<ReadWish, ApiError>;

// `terms` gets the reason of a JSON body.
WishResult put_zone(const net::HttpRequest& request, std::string_view zone, Terms& terms);
WishResult patch_zone(const net::HttpRequest& request, std::string_view zone, Terms& terms);
WishResult delete_zone(std::string_view zone);
WishResult put_rrset(const net::HttpRequest& request, std::string_view zone, std::string_view owner,
                     std::string_view type, Terms& terms);
WishResult delete_rrset(std::string_view zone, std::string_view owner, std::string_view type);
WishResult put_pool(const net::HttpRequest& request, std::string_view pool, Terms& terms);
WishResult delete_pool(std::string_view pool);
// `log_ms`: now, by the clock of the health topic.
WishResult put_override(const net::HttpRequest& request, std::string_view pool,
                        std::string_view endpoint, std::uint64_t log_ms, Terms& terms);
// {"action": "add" | "promote" | "drop"}: a stage of a roll-over. `fresh` is what an add adds.
WishResult step_cookies(const net::HttpRequest& request, const event::CookieSalt& fresh,
                        Terms& terms);
WishResult delete_override(std::string_view pool, std::string_view endpoint);

}  // namespace tidemark::producer
