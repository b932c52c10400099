// PUT of a whole zone, as the commands that import ask for it, and the dry run of any mutation.
#pragma once

#include "cli/api_client.hpp"
#include "cli/zone_file.hpp"

namespace tidemark::cli {

ApiRequest put_zone(ZoneFile file);

// A dry run that a guard refuses is asked again with the number that the guard names: nothing is
// changed by it, and the diff is what was wanted. A number that the request has already binds.
Expected<ApiReply> dry_run(const ApiClient& api, ApiRequest request);

}  // namespace tidemark::cli
