// Which hosted zone a name lies in: the longest suffix, by whole labels.
#pragma once

#include <string>
#include <vector>

#include "cli/api_client.hpp"
#include "core/dns/name.hpp"

namespace tidemark::cli {

// The longest of `zones` that `name` is at or below.
std::optional<dns::Name> longest_suffix(const dns::Name& name, const std::vector<dns::Name>& zones);

struct HostedName {
  std::string zone;
  std::string owner;  // absolute
};
// `zone`: as the user said, or absent: the controller's list of zones tells it.
Expected<HostedName> find_hosted(const ApiClient& api, const std::string& name,
                                 const std::optional<std::string>& zone);

}  // namespace tidemark::cli
