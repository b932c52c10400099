#include "cli/zone_put.hpp"

#include <algorithm>

namespace tidemark::cli {

ApiRequest put_zone(ZoneFile file) {
  return {.method = "PUT",
          .path = {"zones", file.zone.origin.to_text()},
          .body = std::move(file.text),
          .content_type = "text/dns",
          .file = std::move(file.path)};
}

Expected<ApiReply> dry_run(const ApiClient& api, ApiRequest request) {
  request.query.emplace_back("dry_run", "1");
  auto reply = api.ask(request);
  if (reply || reply.error().exit != Exit::Guard) return reply;
  const auto removals = reply.error().removals;
  const bool named = std::ranges::any_of(
      request.query, [](const auto& one) { return one.first == "acknowledge_removals"; });
  if (!removals || named) return reply;
  request.query.emplace_back("acknowledge_removals", std::to_string(*removals));
  reply = api.ask(request);
  if (reply) reply->removals = removals;
  return reply;
}

}  // namespace tidemark::cli
