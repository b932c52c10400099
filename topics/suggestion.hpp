// "did you mean ...": the known word nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::topics {

// " (did you mean \"listen\"?)", or what is known if nothing is near.
std::string suggestion(std::string_view mistyped, const std::vector<std::string>& known);

}  // namespace tidemark::topics
