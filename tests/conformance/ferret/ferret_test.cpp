// 500 zones of FerretDataset, one question each, and what BIND, NSD, Knot and PowerDNS answered.
// What is compared, and what is left free, stands in the README.md beside the cases.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "core/dns/rdata.hpp"
#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {
namespace {

namespace json = boost::json;
using Lines = std::vector<std::string>;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Lines lines_in(const json::value& list) {
  Lines lines;
  for (const auto& one : list.as_array()) {
    std::string line(one.as_string());
    const auto at = line.find(" IN ");  // "owner ttl IN type rdata"
    lines.push_back(line.erase(at, 3));
  }
  return lines;
}

std::set<std::string> as_set(const Lines& lines) { return {lines.begin(), lines.end()}; }

bool is_of(const std::string& line, std::string_view type) {
  return line.find(" " + std::string(type) + " ") != std::string::npos;
}

Lines only_cnames(const Lines& lines) {
  Lines kept;
  std::ranges::copy_if(lines, std::back_inserter(kept),
                       [](const auto& line) { return is_of(line, "CNAME"); });
  return kept;
}

struct Given {
  std::string rcode;
  std::set<std::string> flags;
  Lines answer, authority, additional;
};

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

Given ask(const std::string& zone, const std::string& name, dns::RrType type) {
  support::DnsWorld world;
  world.zone(zone);
  std::vector<std::uint8_t> room(dns::udp_payload_octets);
  const Reply reply =
      respond(support::to_wire({.name = name, .type = type}), {}, {}, world.snapshot(), {}, room);
  const auto message = dns::read_message(base::ByteView(room).first(reply.octets));
  if (!message) return {"UNREADABLE", {}, {}, {}, {}};
  return {dns::to_text(message->rcode()), flags_of(message->flags),
          support::lines_of(message->answer), support::lines_of(message->authority),
          support::lines_of(message->additional)};
}

bool same_answer(const Given& given, const json::value& expected) {
  std::set<std::string> flags;
  for (const auto& flag : expected.at("flags").as_array()) flags.emplace(flag.as_string());
  const Lines answer = lines_in(expected.at("answer"));
  return given.rcode == std::string_view(expected.at("rcode").as_string()) &&
         given.flags == flags && as_set(given.answer) == as_set(answer) &&
         given.answer.size() == answer.size() && only_cnames(given.answer) == only_cnames(answer);
}

// Beside an answer the recorders did not compare authority: there it may be left out, unless the
// chain ended in a denial or a referral, which the recording shows.
bool same_authority(const Given& given, const json::value& expected) {
  const Lines authority = lines_in(expected.at("authority"));
  if (as_set(given.authority) == as_set(authority)) return true;
  if (given.answer.empty() || !given.authority.empty()) return false;
  return std::ranges::all_of(authority, [](const auto& line) { return is_of(line, "NS"); }) &&
         given.flags.contains("AA");
}

bool same_additional(const Given& given, const json::value& expected) {
  const Lines additional = lines_in(expected.at("additional"));
  if (as_set(given.additional) == as_set(additional)) return true;
  return !given.answer.empty() && given.additional.empty();
}

bool conforms(const Given& given, const json::object& test) {
  const std::string_view agree = test.at("agree").as_string();
  const auto& responses = test.at("responses").as_array();
  return std::ranges::any_of(responses, [&](const json::value& one) {
    if (!same_answer(given, one)) return false;
    return agree != "all" || (same_authority(given, one) && same_additional(given, one));
  });
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

// Loops of DNAMEs that grow the name: each server stops elsewhere. What must hold is that the work
// is bounded and the message sound.
bool is_left_free(const json::object& test) { return test.at("agree").as_string() == "none"; }

TEST(Ferret, FourServersAndWeAnswerAlike) {
  const std::filesystem::path folder = std::filesystem::path(TIDEMARK_CONFORMANCE) / "ferret";
  std::ifstream cases(folder / "cases.jsonl");
  if (!cases) GTEST_SKIP() << "no recorded cases in " << folder << ": nothing is compared";
  std::size_t compared = 0, conforming = 0, free = 0;
  for (std::string line; std::getline(cases, line);) {
    const json::object test = json::parse(line).as_object();
    const auto& query = test.at("query").as_object();
    const auto type = dns::rr_type_from_text(query.at("type").as_string());
    ASSERT_TRUE(type.has_value()) << line;
    const std::string zone = read_file(folder / std::string(test.at("zone").as_string()));
    const Given given = ask(zone, std::string(query.at("name").as_string()), *type);
    ++compared;
    const bool same = conforms(given, test);
    conforming += same ? 1 : 0;
    if (!same && is_left_free(test)) {
      EXPECT_EQ(given.rcode.substr(0, 2), given.rcode == "YXDOMAIN" ? "YX" : "NO") << line;
      ++free;
      continue;
    }
    EXPECT_TRUE(same) << line << "\nours: " << shown(given);
  }
  RecordProperty("compared", static_cast<int>(compared));
  std::cout << "ferret: " << compared << " cases, " << conforming << " as recorded, " << free
            << " DNAME loops where every server differs\n";
  EXPECT_GT(compared, 0u);
}

}  // namespace
}  // namespace tidemark::edge
