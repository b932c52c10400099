// One record of any topic, as people and programs read it.
//
// A record that cannot be decoded is shown as such, with its offset, size and hash: the fold skips
// it, a reader of the log should see it.
#pragma once

#include <string>

#include "core/log/record.hpp"

namespace tidemark::cli {

// A line of place, time, key and size; then what it says, indented.
std::string to_text(const log::Record& record);
// One object on one line: offset, time, key, octets, headers, then "record" or "undecodable".
std::string to_json(const log::Record& record);

}  // namespace tidemark::cli
