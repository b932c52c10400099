#include "cli/hosted_zone.hpp"

#include <boost/json.hpp>

#include "cli/json_fields.hpp"

namespace tidemark::cli {

std::optional<dns::Name> longest_suffix(const dns::Name& name,
                                        const std::vector<dns::Name>& zones) {
  std::optional<dns::Name> longest;
  for (const dns::Name& zone : zones) {
    if (!name.view().is_at_or_below(zone)) continue;
    if (!longest || zone.view().label_count() > longest->view().label_count()) longest = zone;
  }
  return longest;
}

Expected<HostedName> find_hosted(const ApiClient& api, const std::string& name,
                                 const std::optional<std::string>& zone) {
  if (zone) {
    auto origin = dns::Name::parse(*zone);
    if (!origin) return fail(Exit::Usage, "--zone " + *zone + ": " + origin.error().trail);
    return HostedName{origin->to_text(), name};  // the controller completes a relative name
  }
  auto owner = dns::Name::parse(name);
  if (!owner) return fail(Exit::Usage, "NAME " + name + ": " + owner.error().trail);
  auto reply = api.ask({.path = {"zones"}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  std::vector<dns::Name> zones;
  for (const auto& one : list_of(answer->get_object(), "zones")) {
    if (!one.is_object()) continue;
    if (auto hosted = dns::Name::parse(shown(one.get_object(), "name"))) {
      zones.push_back(*std::move(hosted));
    }
  }
  const auto found = longest_suffix(*owner, zones);
  if (!found) {
    return fail(
        Exit::Error,
        owner->to_text() + " lies in none of the " + std::to_string(zones.size()) + " hosted zones",
        "tidemark zone list");
  }
  return HostedName{found->to_text(), owner->to_text()};
}

}  // namespace tidemark::cli
