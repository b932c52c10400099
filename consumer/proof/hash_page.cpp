#include "consumer/proof/hash_page.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json.hpp>

#include "core/dataset/hash_tree.hpp"

namespace tidemark::consumer {

namespace {

namespace json = boost::json;
using base::to_hex;
using net::HttpResponse;

constexpr std::array<std::string_view, 7> parameters{
    "seq", "group", "zone", "bucket", "entries", "constructions", "construction"};

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

HttpResponse page(const dataset::Dataset& dataset, json::object body) {
  const dataset::Version version = dataset.version();
  body["lineage"] = to_hex(version.lineage.value());
  body["seq"] = version.seq.value();
  body["state_hash"] = to_hex(version.state_hash.value());
  HttpResponse response;
  response.body = json::serialize(body) + "\n";
  return response;
}

// Zeros are left out: most are.
template <class Hashes>
json::object hashes_json(const Hashes& hashes) {
  json::object shown;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (hashes[i] != base::U128{}) shown[std::to_string(i)] = to_hex(hashes[i]);
  }
  return shown;
}

json::array zones_json(const std::vector<dataset::Zone>& zones) {
  json::array shown;
  for (const dataset::Zone& zone : zones) {
    shown.push_back(json::object{{"zone", zone.name().to_text()},
                                 {"hash", to_hex(zone.hash())},
                                 {"rrsets", zone.rrset_count()}});
  }
  return shown;
}

base::U128 sum_of(const std::vector<dataset::EntryLeaf>& leaves) {
  base::U128 sum;
  for (const dataset::EntryLeaf& leaf : leaves) sum += leaf.hash;
  return sum;
}

HttpResponse top(const dataset::Dataset& dataset) {
  return page(dataset, {{"groups", hashes_json(dataset::group_hashes(dataset))},
                        {"constructions", to_hex(dataset::constructions_hash(dataset))},
                        {"entries", to_hex(sum_of(dataset::entry_leaves(dataset)))}});
}

HttpResponse entries(const dataset::Dataset& dataset) {
  json::array shown;
  for (const dataset::EntryLeaf& leaf : dataset::entry_leaves(dataset)) {
    shown.push_back(
        json::object{{"kind", leaf.kind}, {"name", leaf.name}, {"hash", to_hex(leaf.hash)}});
  }
  return page(dataset, {{"entries", std::move(shown)}});
}

HttpResponse zone_page(const dataset::Dataset& dataset, const std::optional<dataset::Zone>& zone,
                       std::optional<std::string_view> bucket) {
  if (!zone) return net::error_response(404, "there is no such zone");
  if (!bucket) {
    return page(dataset, {{"zone", zone->name().to_text()},
                          {"hash", to_hex(zone->hash())},
                          {"buckets", hashes_json(dataset::bucket_hashes(*zone))}});
  }
  const auto index = number_of(*bucket);
  if (!index || *index >= dataset::bucket_count) {
    return net::error_response(400, "bucket: is a number from 0 to 4095");
  }
  json::array rrsets;
  for (const dataset::RrsetLeaf& leaf :
       dataset::leaves_of_bucket(*zone, static_cast<std::uint32_t>(*index))) {
    rrsets.push_back(json::object{{"name", leaf.rrset.owner.to_text()},
                                  {"type", dns::to_text(leaf.rrset.type)},
                                  {"hash", to_hex(leaf.hash)},
                                  {"value", dataset::value_text(leaf.rrset)}});
  }
  return page(dataset, {{"zone", zone->name().to_text()}, {"rrsets", std::move(rrsets)}});
}

}  // namespace

base::Result<std::optional<std::uint64_t>> find_seq(const net::HttpRequest& request) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(parameters, name) != parameters.end()) continue;
    return base::fail(base::Errc::Invalid,
                      name +
                          ": is no parameter of /v1/hashes: seq, group, zone, bucket, entries, "
                          "constructions, construction");
  }
  const auto text = request.parameter("seq");
  if (!text) return std::optional<std::uint64_t>();
  const auto seq = number_of(*text);
  if (!seq) return base::fail(base::Errc::Invalid, "seq: is the number of a version");
  return seq;
}

net::HttpResponse hash_page(const dataset::Dataset& dataset, const net::HttpRequest& request) {
  const auto bucket = request.parameter("bucket");
  for (const std::string_view parameter : {"zone", "construction"}) {
    const auto text = request.parameter(parameter);
    if (!text) continue;
    const auto name = dns::Name::parse(*text);
    if (!name) {
      return net::error_response(400, std::string(parameter) + ": " + name.error().trail);
    }
    return zone_page(
        dataset, parameter == "zone" ? dataset.find_zone(*name) : dataset.find_construction(*name),
        bucket);
  }
  if (const auto text = request.parameter("group")) {
    const auto group = number_of(*text);
    if (!group || *group >= dataset::zone_groups) {
      return net::error_response(400, "group: is a number from 0 to 255");
    }
    const auto zones = dataset::zones_of_group(dataset, static_cast<std::uint32_t>(*group));
    return page(dataset, {{"zones", zones_json(zones)}});
  }
  if (request.parameter("constructions")) {
    return page(dataset, {{"zones", zones_json(dataset.constructions())}});
  }
  return request.parameter("entries") ? entries(dataset) : top(dataset);
}

net::HttpResponse not_held_page(std::uint64_t seq, std::uint64_t newest) {
  return net::error_response(
      404, "version " + std::to_string(seq) + " is not held here" +
               (newest == 0 ? std::string() : "; version " + std::to_string(newest) + " is"));
}

}  // namespace tidemark::consumer
