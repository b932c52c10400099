// Reads a YAML file as text. Internal to topics/.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace tidemark::topics {

base::Result<std::string> read_yaml_file(const std::string& path);  // NotFound

}  // namespace tidemark::topics
