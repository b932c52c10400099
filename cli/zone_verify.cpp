// tidemark zone verify: a zone beside what another server or a file holds.
#include <map>
#include <memory>

#include <boost/json.hpp>
#include <unistd.h>

#include "cli/api_client.hpp"
#include "cli/table.hpp"
#include "cli/zone_commands.hpp"
#include "cli/zone_file.hpp"
#include "cli/zone_transfer.hpp"

namespace tidemark::cli {

namespace {

constexpr std::size_t serial_from_end = 20;  // of an SOA's RDATA

using Rrsets = std::map<std::pair<dns::Name, dns::RrType>, dns::Rrset>;

struct Side {
  Rrsets rrsets{};
  std::uint32_t serial = 0;
};

// Serials belong to their servers: they are compared apart.
Side side_of(ZoneFile file) {
  Side side;
  for (dns::Rrset& rrset : file.zone.rrsets) {
    if (rrset.type == dns::RrType::Soa && !rrset.rdata.empty() &&
        rrset.rdata[0].size() > serial_from_end) {
      std::uint8_t* const at = rrset.rdata[0].data() + rrset.rdata[0].size() - serial_from_end;
      side.serial = base::load_u32(at);
      base::store_u32(at, 0);
    }
    const auto key = std::pair(rrset.owner, rrset.type);
    side.rrsets.insert_or_assign(key, std::move(rrset));
  }
  return side;
}

std::vector<std::string> lines_of(char mark, const dns::Name& zone, const dns::Rrset& rrset) {
  std::vector<std::string> lines;
  const std::string text = dns::write_master_file(zone, {rrset});
  for (std::string_view left(text); !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    lines.push_back(std::string{mark, ' '} + std::string(left.substr(0, end)));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return lines;
}

struct Verdict {
  std::size_t same = 0, missing = 0, extra = 0, other = 0;
  std::vector<std::string> lines{};  // "- " is ours, "+ " theirs

  std::size_t differences() const noexcept { return missing + extra + other; }
};

Verdict compare(const dns::Name& zone, const Rrsets& ours, const Rrsets& theirs) {
  Verdict verdict;
  const auto say = [&](char mark, const dns::Rrset& rrset) {
    for (std::string& line : lines_of(mark, zone, rrset)) verdict.lines.push_back(std::move(line));
  };
  for (const auto& [key, rrset] : ours) {
    const auto found = theirs.find(key);
    if (found != theirs.end() && found->second == rrset) {
      ++verdict.same;
      continue;
    }
    ++(found == theirs.end() ? verdict.extra : verdict.other);
    say('-', rrset);
    if (found != theirs.end()) say('+', found->second);
  }
  for (const auto& [key, rrset] : theirs) {
    if (ours.contains(key)) continue;
    ++verdict.missing;
    say('+', rrset);
  }
  return verdict;
}

Expected<ZoneFile> other_side(const std::string& against, const dns::Name& zone) {
  if (access(against.c_str(), F_OK) == 0) return read_zone_file(against, zone.to_text());
  // A path, or the name of a zone file: nobody means a server by it.
  if (against.find('/') != std::string::npos || against.ends_with(".zone") ||
      against.ends_with(".txt") || against.ends_with(".db")) {
    return fail(Exit::Error, "--against " + against + ": there is no such file",
                "ls -l " + shell_quoted(against));
  }
  const auto server = parse_server(against);
  if (!server) return std::unexpected(server.error());
  auto transferred = transfer_zone(*server, zone);
  if (!transferred) return std::unexpected(std::move(transferred).error());
  return std::move(transferred->file);
}

Outcome verify_zone(const std::string& name, const std::string& against, const Session& session) {
  const auto zone = dns::Name::parse(name);
  if (!zone) return fail(Exit::Usage, "zone " + name + ": " + zone.error().trail);
  const auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(api.error());
  auto reply = api->ask({.path = {"zones", zone->to_text()}, .accept = "text/dns"});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto ours = read_zone_text("the controller's " + zone->to_text(), std::move(reply->body),
                             zone->to_text());
  if (!ours) return std::unexpected(std::move(ours).error());
  auto theirs = other_side(against, *zone);
  if (!theirs) return std::unexpected(std::move(theirs).error());
  const Side a = side_of(*std::move(ours)), b = side_of(*std::move(theirs));
  const Verdict verdict = compare(*zone, a.rrsets, b.rrsets);
  if (session.json()) {
    boost::json::array lines;
    for (const std::string& line : verdict.lines) lines.emplace_back(line);
    print(boost::json::serialize(boost::json::object{{"zone", zone->to_text()},
                                                     {"same", verdict.same},
                                                     {"only_here", verdict.extra},
                                                     {"only_there", verdict.missing},
                                                     {"different", verdict.other},
                                                     {"serial_here", a.serial},
                                                     {"serial_there", b.serial},
                                                     {"lines", std::move(lines)}}) +
          "\n");
  } else {
    for (const std::string& line : verdict.lines) print(plain(line) + "\n");
    print("zone " + zone->to_text() + ": " + std::to_string(verdict.same) +
          " RRsets are the same, " + std::to_string(verdict.other) + " differ, " +
          std::to_string(verdict.extra) + " are only here (-), " + std::to_string(verdict.missing) +
          " only there (+); serial " + std::to_string(a.serial) + " here, " +
          std::to_string(b.serial) + " there\n");
  }
  if (verdict.differences() == 0) return {};
  return fail(Exit::Error, "zone " + zone->to_text() + " is not what " + against + " holds: " +
                               std::to_string(verdict.differences()) + " RRsets differ");
}

}  // namespace

void add_zone_verify(Command& zone, Session& session) {
  struct Options {
    std::string zone, against;
  };
  auto options = std::make_shared<Options>();
  Command command =
      zone.add("verify", "Compares a zone, RRset by RRset, with another server's or with a file",
               "tidemark zone verify example.org --against ns1.example.org");
  command.argument("ZONE", options->zone, "Name of the zone");
  command.required_option("--against", options->against, "SERVER|FILE",
                          "A master file, or a server that transfers the zone, perhaps with @PORT");
  command.action(
      [options, &session] { return verify_zone(options->zone, options->against, session); });
}

}  // namespace tidemark::cli
