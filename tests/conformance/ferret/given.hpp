// What we give for one question over one zone, in the lines of the recordings.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "core/dns/types.hpp"
#include "dns-edge/answer/respond.hpp"

namespace tidemark::edge {

using Lines = std::vector<std::string>;

struct Given {
  std::string rcode;
  std::set<std::string> flags;
  Lines answer, authority, additional;
};

// `zone`: a master file; `name` as it is asked.
Given ask(const std::string& zone, const std::string& name, dns::RrType type, Transport transport);

std::string shown(const Given& given);
Lines only_cnames(const Lines& lines);
bool is_of(const std::string& line, std::string_view type);

// Of a recording: "owner ttl IN type rdata" each becomes "owner ttl type rdata".
Lines lines_in(const boost::json::value& list);
std::set<std::string> words_in(const boost::json::value& list);
std::string read_file(const std::string& path);

}  // namespace tidemark::edge
