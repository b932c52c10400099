// What a command says at its end about a change, or about what it read.
#pragma once

#include <string>

#include "cli/api_client.hpp"
#include "cli/json_fields.hpp"

namespace tidemark::cli {

// Of a mutation: JSON as it came, or one sentence, the diff and the warnings. `object` is what was
// changed: "zone example.org.".
Outcome report_change(const Session& session, const std::string& object, const ApiReply& reply);
// Of a dry run: the diff line by line.
Outcome report_dry_run(const Session& session, const std::string& object, const ApiReply& reply);
// Asks and shows what came: JSON as it came, or what `show` makes of it.
Outcome report_answer(const Session& session, const ApiRequest& request,
                      std::string (*show)(const boost::json::object&));

// Of the "diff" of an answer: "1 RRsets added, 2 changed, 3 removed"; its lines, indented.
std::string diff_counts(const boost::json::object& diff);
std::string diff_lines(const boost::json::object& diff);

// "www.example.org. 300 IN A 192.0.2.1", one record a line, of the JSON of an RRset.
std::string rrset_lines(const boost::json::object& rrset);

}  // namespace tidemark::cli
