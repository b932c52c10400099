#include "cli/zone_put.hpp"

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
  if (!reply.error().removals) return reply;
  request.query.emplace_back("acknowledge_removals", std::to_string(*reply.error().removals));
  return api.ask(request);
}

}  // namespace tidemark::cli
