#include "cli/why_past.hpp"

#include <map>
#include <set>

#include <boost/json.hpp>

#include "cli/json_fields.hpp"
#include "cli/past_text.hpp"
#include "cli/table.hpp"
#include "consumer/snapshot/snapshot.hpp"
#include "core/dataset/editor.hpp"
#include "core/dns/master_file.hpp"
#include "core/health/observations.hpp"
#include "dns-edge/admin/why.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t rounds_max = 16;               // an alias chain is shorter
constexpr dataset::HashSeed seed{0x7469646d61726b};  // places entries in our own tables only

struct PastWorld {
  std::uint64_t seq = 0;
  json::object all;                           // what /v1/show says of the version
  std::vector<dns::Name> zones;               // that there were
  std::map<dns::Name, dns::MasterFile> read;  // those that matter so far
};

Outcome apply_pools(const PastWorld& world, dataset::Editor& editor) {
  for (const json::value& one : list_of(world.all, "pools")) {
    const json::object& object = one.as_object();
    event::Pool before;
    before.name = shown(object, "name");
    auto pool = producer::pool_from_json(object, before);
    if (!pool) return std::unexpected(Failure(std::move(pool).error()).at("pool"));
    editor.put_pool(*pool);
  }
  for (const json::value& one : list_of(world.all, "overrides")) {
    json::object object = one.as_object();
    event::Override before;
    before.pool = shown(object, "pool");
    before.endpoint = shown(object, "endpoint");
    object.erase("pool");
    object.erase("endpoint");
    auto value = producer::override_from_json(object, before, 0);
    if (!value) return std::unexpected(Failure(std::move(value).error()).at("override"));
    editor.put_override(*value);
  }
  return {};
}

Expected<dataset::Dataset> dataset_of(const PastWorld& world) {
  const auto empty = dataset::Dataset::empty(dataset::Lineage({}), seed);
  dataset::Editor editor(empty);
  if (auto applied = apply_pools(world, editor); !applied) {
    return std::unexpected(std::move(applied).error());
  }
  for (const auto& [zone, file] : world.read) {
    editor.create_zone(zone);
    dns::Serial serial(0);
    for (const dns::Rrset& rrset : file.rrsets) {
      editor.put_rrset(zone, rrset);
      if (rrset.type == dns::RrType::Soa && rrset.owner == zone) {
        const base::Bytes& soa = rrset.rdata.front();
        serial = dns::Serial(base::load_u32(soa.data() + soa.size() - 20));
      }
    }
    editor.touch_zone(zone, serial, event::ZoneSeq(world.seq));
  }
  editor.set_seq(dataset::Seq(world.seq));
  return std::move(editor).finish();
}

// Reads the zones at or above `name`. True: there was one that was not read yet.
Expected<bool> read_zones(Past& past, const dns::Name& name, PastWorld& world) {
  bool more = false;
  for (const dns::Name& zone : world.zones) {
    if (!name.view().is_at_or_below(zone) || world.read.contains(zone)) continue;
    auto text = past.ask({"show"}, {{"zone", zone.to_text()}, {"at", std::to_string(world.seq)}},
                         "text/dns");
    if (!text) return std::unexpected(std::move(text).error());
    auto file = dns::read_master_file(*text, zone);
    if (!file) {
      return fail(Exit::Error, zone.to_text() + " of version " + std::to_string(world.seq) +
                                   " does not read: " + file.error().errors.front().to_text());
    }
    world.read.emplace(zone, *std::move(file));
    more = true;
  }
  return more;
}

// What is in the answer, or what was asked for if nothing is.
std::set<std::pair<std::string, std::string>> objects_of(const edge::WhyQuestion& question,
                                                         const edge::Explanation& why) {
  std::set<std::pair<std::string, std::string>> objects;
  for (const std::string& line : why.answer) {  // "www.example.org. 300 IN A 192.0.2.1"
    const std::size_t owner = line.find(' ');
    const std::size_t type = line.find(" IN ");
    if (owner == line.npos || type == line.npos) continue;
    objects.emplace(line.substr(0, owner),
                    line.substr(type + 4, line.find(' ', type + 4) - type - 4));
  }
  if (objects.empty()) objects.emplace(question.name.to_text(), dns::to_text(question.type));
  return objects;
}

Expected<json::array> makers_of(Past& past, const edge::WhyQuestion& question,
                                const edge::Explanation& why, std::uint64_t seq) {
  json::array makers;
  for (const auto& [name, type] : objects_of(question, why)) {
    Past::Query query{{"name", name},
                      {"until", std::to_string(seq)},
                      {"limit", "1"},
                      {"differences", "0"},
                      {"type", type}};
    auto found = past.ask_json({"history"}, query);
    const auto none = [&] { return found && list_of(*found, "changes").empty(); };
    if (none() || !found) {  // a pool answers with records that no change put: any type of the name
      query.pop_back();
      found = past.ask_json({"history"}, query);
    }
    if (!found) return std::unexpected(std::move(found).error());
    json::object maker{{"name", name}, {"type", type}};
    if (!none()) maker["change"] = list_of(*found, "changes").at(0);
    makers.push_back(std::move(maker));
  }
  return makers;
}

}  // namespace

Expected<json::object> why_past(Past& past, const net::HttpRequest& asked, const std::string& at) {
  const auto question = edge::question_of(asked);
  if (!question) return fail(Exit::Usage, question.error().trail);
  // Of a time: the version that the zone of this name had then; it is shown whole.
  auto version = past.ask_json({"versions"}, {{"name", question->name.to_text()}, {"to", at}});
  if (!version) return std::unexpected(std::move(version).error());
  auto all = past.ask_json({"show"}, {{"at", shown(*version, "to")}});
  if (!all) return std::unexpected(std::move(all).error());
  PastWorld world{.seq = number_of(*all, "seq"), .all = *std::move(all), .zones = {}, .read = {}};
  for (const json::value& one : list_of(world.all, "zones")) {
    if (auto name = dns::Name::parse(shown(one))) world.zones.push_back(*std::move(name));
  }
  auto more = read_zones(past, question->name, world);
  std::optional<edge::Explanation> why;
  for (std::size_t round = 0; round < rounds_max && (more && (*more || !why)); ++round) {
    auto dataset = dataset_of(world);
    if (!dataset) return std::unexpected(std::move(dataset).error());
    const auto health = health::HealthView::freeze(*dataset, health::Observations{}, -1);
    why = edge::explain(*question, consumer::Snapshot{*dataset, health}, {}, {});
    *more = false;
    for (const edge::ExplainedStep& step : why->steps) {
      const auto name = dns::Name::parse(step.name);
      if (!name) continue;
      auto read = read_zones(past, *name, world);
      if (!read) return std::unexpected(std::move(read).error());
      *more = *more || *read;
    }
  }
  if (!more) return std::unexpected(std::move(more).error());
  auto makers = makers_of(past, *question, *why, world.seq);
  if (!makers) return std::unexpected(std::move(makers).error());
  auto shown_why = parse_answer(edge::to_json(*question, *why));
  if (!shown_why) return std::unexpected(std::move(shown_why).error());
  json::object object = std::move(shown_why->get_object());
  object["version"] = {{"seq", world.seq}, {"health_position", -1}};  // the hash is of a part only
  object["made_by"] = *std::move(makers);
  object["remarks"] =
      json::array{"health of that time is not kept: endpoints stand as if no prober had spoken"};
  if (why->pools.empty()) object["remarks"].as_array().clear();
  return object;
}

std::string why_past_text(const json::object& why) {
  std::string out;
  for (const json::value& one : list_of(why, "made_by")) {
    const json::object& maker = one.as_object();
    out += "\n" + plain(shown(maker, "name")) + " " + plain(shown(maker, "type")) +
           " is so by:\n    " +
           (maker.contains("change") ? outline_text(object_of(maker, "change"))
                                     : std::string("no change that is known")) +
           "\n";
  }
  for (const json::value& one : list_of(why, "remarks")) out += "\n" + plain(shown(one)) + "\n";
  return out;
}

}  // namespace tidemark::cli
