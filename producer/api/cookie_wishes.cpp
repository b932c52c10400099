#include <boost/json.hpp>

#include "net/json.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/wishes.hpp"
#include "producer/decide/decide.hpp"

namespace tidemark::producer {
namespace {

using Salts = std::vector<event::CookieSalt>;

std::unexpected<ApiError> against_rule(std::string message, std::string remedy) {
  return refuse({422, std::string(fold::to_text(fold::Reason::CookieRule)), std::move(message),
                 "cookies", std::move(remedy)});
}

std::expected<Salts, ApiError> stepped(Salts salts, const std::string& action,
                                       const event::CookieSalt& fresh) {
  if (action == "add") {
    if (salts.size() == event::cookie_salts_max) {
      return against_rule("there are three cookie salts already", "drop one first");
    }
    salts.push_back(fresh);
  } else if (action == "promote") {
    if (salts.size() < 2) {
      return against_rule("there is no second cookie salt",
                          "tidemark cookies add --wait 60 --reason TEXT    # and then again");
    }
    std::swap(salts[0], salts[1]);
  } else {
    if (salts.size() < 2) {
      return against_rule("the last cookie salt is not dropped", "add another, promote it");
    }
    salts.pop_back();
  }
  return salts;
}

}  // namespace

WishResult step_cookies(const net::HttpRequest& request, const event::CookieSalt& fresh,
                        Terms& terms) {
  const auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(value.error());
  const auto& object = value->get_object();
  if (const auto known = net::check_keys(object, {"action", "reason"}); !known) {
    return refuse(bad_request(known.error().trail));
  }
  const auto action = net::text_field(object, "action");
  if (!action) return refuse(bad_request(action.error().trail));
  if (*action != "add" && *action != "promote" && *action != "drop") {
    return refuse(bad_request("action: add, promote or drop"));
  }
  return ReadWish{
      "cookies",
      [action = std::string(*action), fresh](const Base& base) -> std::expected<Wish, ApiError> {
        Salts before = expected_cookie_salts(base);
        auto after = stepped(before, action, fresh);
        if (!after) return refuse(std::move(after).error());
        return event::PutCookieSalts{std::move(before), *std::move(after)};
      },
      {},
      false};
}

}  // namespace tidemark::producer
