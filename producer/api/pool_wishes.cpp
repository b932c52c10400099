#include <algorithm>

#include <boost/json.hpp>

#include "core/fold/pool_rules.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/shapes.hpp"
#include "producer/api/wishes.hpp"
#include "producer/decide/decide.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= event::pool_name_octets_max &&
         std::ranges::all_of(text, [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '-' || letter == '_' || letter == '.';
         });
}

std::expected<void, ApiError> check_word(std::string_view what, std::string_view text) {
  if (is_word(text)) return {};
  return refuse(bad_request("the name of the " + std::string(what) + " is 1-63 of [a-z0-9._-]"));
}

std::expected<void, ApiError> endpoint_there(const Base& base, const std::string& pool,
                                             const std::string& endpoint) {
  const auto there = expected_pool(base, pool);
  if (!there) return refuse(not_found("there is no such pool", pool, "tidemark pool list"));
  if (std::ranges::find(there->endpoints, endpoint, &event::Endpoint::id) ==
      there->endpoints.end()) {
    return refuse(not_found("the pool has no such endpoint", pool + "/" + endpoint,
                            "tidemark pool get " + pool));
  }
  return {};
}

}  // namespace

WishResult put_pool(const net::HttpRequest& request, std::string_view pool, Terms& terms) {
  if (const auto sound = check_word("pool", pool); !sound) return refuse(sound.error());
  auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(std::move(value).error());
  return ReadWish{
      "pool/" + std::string(pool),
      [value = *std::move(value), pool = std::string(pool),
       condition = terms.condition()](const Base& base) -> std::expected<Wish, ApiError> {
        event::Pool before;
        before.name = pool;
        if (auto there = expected_pool(base, pool)) before = *std::move(there);
        auto read = pool_from_json(value.get_object(), std::move(before));
        if (!read) return refuse(invalid(read.error().trail, pool));
        // Here already: the fold is not asked first while other pools are under way.
        if (const auto broken = fold::check_pool(*read)) {
          return refuse(from_rejection(broken->reason, broken->detail, pool, condition));
        }
        return event::PutPool{*std::move(read)};
      },
      {},
      false};
}

WishResult delete_pool(std::string_view pool) {
  if (const auto sound = check_word("pool", pool); !sound) return refuse(sound.error());
  return ReadWish{"pool/" + std::string(pool),
                  [pool = std::string(pool)](const Base& base) -> std::expected<Wish, ApiError> {
                    if (!expected_pool(base, pool)) {
                      return refuse(not_found("there is no such pool", pool, "tidemark pool list"));
                    }
                    return event::DeletePool{pool};
                  },
                  {},
                  false};
}

WishResult put_override(const net::HttpRequest& request, std::string_view pool,
                        std::string_view endpoint, std::uint64_t log_ms, Terms& terms) {
  if (const auto sound = check_word("pool", pool); !sound) return refuse(sound.error());
  if (const auto sound = check_word("endpoint", endpoint); !sound) return refuse(sound.error());
  auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(std::move(value).error());
  event::Override wanted{std::string(pool), std::string(endpoint), event::OverrideState::Up, 0,
                         terms.reason};
  auto read = override_from_json(value->get_object(), std::move(wanted), log_ms);
  if (!read) return refuse(bad_request(read.error().trail));
  return ReadWish{"pool/" + std::string(pool),
                  [value = *std::move(read)](const Base& base) -> std::expected<Wish, ApiError> {
                    if (auto there = endpoint_there(base, value.pool, value.endpoint); !there) {
                      return refuse(std::move(there).error());
                    }
                    return event::PutOverride{value};
                  },
                  {},
                  false};
}

WishResult delete_override(std::string_view pool, std::string_view endpoint) {
  if (const auto sound = check_word("pool", pool); !sound) return refuse(sound.error());
  if (const auto sound = check_word("endpoint", endpoint); !sound) return refuse(sound.error());
  return ReadWish{"pool/" + std::string(pool),
                  [pool = std::string(pool), endpoint = std::string(endpoint)](
                      const Base& base) -> std::expected<Wish, ApiError> {
                    if (auto there = endpoint_there(base, pool, endpoint); !there) {
                      return refuse(std::move(there).error());
                    }
                    if (!expected_override(base, pool, endpoint)) {
                      return refuse(not_found("health decides there already, no override is set",
                                              pool + "/" + endpoint, "tidemark health"));
                    }
                    return event::DeleteOverride{pool, endpoint};
                  },
                  {},
                  false};
}

}  // namespace tidemark::producer
