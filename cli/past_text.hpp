// Answers about the past as text for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace boost::json {
class object;
}

namespace tidemark::cli {

// When: of an imported change, when it was made there.
std::string made_at(const boost::json::object& change);
// "seq 17  2026-01-31T12:00:00.000Z  ann  9f0c...  reason"
std::string outline_text(const boost::json::object& change);
// Lines "- www.example.org. 300 IN A 192.0.2.1" of before, "+ ..." of after.
std::string difference_text(const boost::json::object& difference, const std::string& indent);
// Each line made harmless for a terminal.
std::string plain_lines(std::string_view text);

}  // namespace tidemark::cli
