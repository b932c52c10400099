#include "tests/conformance/ferret/given.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/dns/rdata.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {

namespace {

std::set<std::string> flags_of(std::uint16_t flags) {
  std::set<std::string> names;
  const std::pair<std::uint16_t, const char*> all[] = {{dns::flag_qr, "QR"},
                                                       {dns::flag_aa, "AA"},
                                                       {dns::flag_tc, "TC"},
                                                       {dns::flag_rd, "RD"},
                                                       {dns::flag_ra, "RA"}};
  for (const auto& [bit, name] : all) {
    if ((flags & bit) != 0) names.insert(name);
  }
  return names;
}

}  // namespace

Given ask(const std::string& zone, const std::string& name, dns::RrType type, Transport transport) {
  support::DnsWorld world;
  world.zone(zone);
  std::vector<std::uint8_t> room(dns::message_octets_max);
  const Reply reply = respond(support::to_wire({.name = name, .type = type}),
                              Client{.transport = transport}, {}, world.snapshot(), {}, room);
  const auto message = dns::read_message(base::ByteView(room).first(reply.octets));
  if (!message) return {"UNREADABLE", {}, {}, {}, {}};
  return {dns::to_text(message->rcode()), flags_of(message->flags),
          support::lines_of(message->answer), support::lines_of(message->authority),
          support::lines_of(message->additional)};
}

std::string shown(const Given& given) {
  std::string text = given.rcode;
  for (const auto& flag : given.flags) text += " " + flag;
  const std::pair<const char*, const Lines*> sections[] = {{"answer", &given.answer},
                                                           {"authority", &given.authority},
                                                           {"additional", &given.additional}};
  for (const auto& [name, lines] : sections) {
    for (const auto& line : *lines) text += std::string("\n  ") + name + ": " + line;
  }
  return text;
}

bool is_of(const std::string& line, std::string_view type) {
  return line.find(" " + std::string(type) + " ") != std::string::npos;
}

Lines only_cnames(const Lines& lines) {
  Lines kept;
  std::ranges::copy_if(lines, std::back_inserter(kept),
                       [](const auto& line) { return is_of(line, "CNAME"); });
  return kept;
}

Lines lines_in(const boost::json::value& list) {
  Lines lines;
  for (const auto& one : list.as_array()) {
    std::string line(one.as_string());
    const auto at = line.find(" IN ");
    lines.push_back(line.erase(at, 3));
  }
  return lines;
}

std::set<std::string> words_in(const boost::json::value& list) {
  std::set<std::string> words;
  for (const auto& one : list.as_array()) words.emplace(one.as_string());
  return words;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace tidemark::edge
