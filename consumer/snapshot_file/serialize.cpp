#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "consumer/snapshot_file/sections.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "core/dns/canonical_order.hpp"
#include "core/event/pool.hpp"

namespace tidemark::consumer {

namespace {

using base::Writer;

void put_text(Writer& out, std::string_view text) {
  out.put_u16(static_cast<std::uint16_t>(text.size()));
  out.put(text);
}
void put_signed(Writer& out, std::int64_t value) { out.put_u64(static_cast<std::uint64_t>(value)); }
void patch_u64(Writer& out, std::size_t at, std::uint64_t value) {
  out.patch_u32(at, static_cast<std::uint32_t>(value >> 32));
  out.patch_u32(at + 4, static_cast<std::uint32_t>(value));
}

// Runs `fill` between opening and checksum.
template <class Fill>
void put_section(Writer& out, std::string_view tag, Fill&& fill) {
  const std::size_t start = out.size();
  out.put(tag);
  out.put_u64(0);
  fill();
  patch_u64(out, start + section_tag_octets, out.size() - start - section_opening_octets);
  out.put(base::to_octets(base::xxh3_128(out.view().subspan(start))));
}

struct Counts {
  std::size_t pools, overrides, zones, constructions;
};

void put_head(Writer& out, const SnapshotContents& contents, const Counts& counts) {
  const fold::State& state = contents.state;
  const dataset::Version version = state.dataset.version();
  out.put(base::to_octets(version.lineage.value()));
  out.put_u64(version.seq.value());
  out.put(base::to_octets(version.state_hash.value()));
  put_signed(out, state.offset);
  out.put(state.chain);
  out.put(state.last_record);
  for (const auto count : {state.accepted, state.rejected, state.undecodable, state.twins}) {
    out.put_u64(count);
  }
  put_signed(out, contents.health_offset);
  out.put(contents.health_last_record);
  put_text(out, contents.log_identity);
  for (const auto count : {counts.pools, counts.overrides, counts.zones, counts.constructions}) {
    out.put_u32(static_cast<std::uint32_t>(count));
  }
}

void put_check(Writer& out, const event::Check& check) {
  out.put_u8(std::to_underlying(check.kind));
  out.put_u16(check.port);
  put_text(out, check.path);
  put_text(out, check.host);
  out.put_u16(check.status_low);
  out.put_u16(check.status_high);
  out.put_u8(check.verify_tls ? 1 : 0);
  out.put_u32(check.interval_ms);
  out.put_u32(check.timeout_ms);
  out.put_u8(check.rise);
  out.put_u8(check.fall);
}

void put_pool(Writer& out, const event::Pool& pool) {
  put_text(out, pool.name);
  out.put_u8(std::to_underlying(pool.all_down));
  out.put_u8(pool.floor);
  out.put_u8(pool.quorum);
  out.put_u32(pool.stale_after_ms);
  put_check(out, pool.check);
  out.put_u8(static_cast<std::uint8_t>(pool.endpoints.size()));
  for (const event::Endpoint& endpoint : pool.endpoints) {
    put_text(out, endpoint.id);
    out.put_u8(std::to_underlying(endpoint.address.family));
    out.put(endpoint.address.octets);
    out.put_u8(endpoint.weight);
    out.put_u8(std::to_underlying(endpoint.status));
  }
}

void put_override(Writer& out, const event::Override& one) {
  put_text(out, one.pool);
  put_text(out, one.endpoint);
  out.put_u8(std::to_underlying(one.state));
  out.put_u64(one.until_ms);
  put_text(out, one.reason);
}

void put_node(Writer& out, const dataset::Node& node, std::size_t zone_octets) {
  const base::ByteView owner = node.name().wire();
  const std::size_t front = owner.size() - zone_octets;  // the labels before the zone's name
  out.put_u8(static_cast<std::uint8_t>(front));
  out.put(owner.first(front));
  out.put_u16(node.rrset_count());
  for (const dataset::RrsetView rrset : node) {
    out.put_u16(std::to_underlying(rrset.type()));
    out.put_u32(rrset.ttl().value());
    out.put_u16(rrset.count());
    rrset.for_each_rdata([&](base::ByteView rdata) {
      out.put_u16(static_cast<std::uint16_t>(rdata.size()));
      out.put(rdata);
    });
  }
}

void put_zone(Writer& out, const dataset::Zone& zone, std::uint32_t format) {
  std::vector<dataset::Node> nodes;
  std::vector<dns::OwnerAndType> owners;
  zone.for_each_node([&](const dataset::Node& node) {
    if (node.is_empty_non_terminal()) return;  // made anew by the names below it
    nodes.push_back(node);
    owners.push_back({node.name(), dns::RrType{}});
  });
  const base::ByteView name = zone.name().wire();
  out.put_u8(static_cast<std::uint8_t>(name.size()));
  out.put(name);
  out.put_u64(zone.seq().value());
  const dataset::ZoneSettings settings = zone.settings();
  out.put_u8(settings.removal_percent_max);
  out.put_u32(settings.removal_rrsets_min);
  out.put_u32(settings.ttl_seconds_ceiling);
  if (format >= 2) out.put_u32(settings.expire_seconds);
  out.put_u64(zone.rrset_count());
  out.put_u64(nodes.size());
  for (const std::size_t index : dns::canonical_order(owners)) {
    put_node(out, nodes[index], name.size());
  }
}

std::uint32_t format_for(const dataset::Dataset& dataset, const std::vector<dataset::Zone>& zones,
                         const std::vector<dataset::Zone>& constructions) {
  const auto expires = [](const dataset::Zone& zone) {
    return zone.settings().expire_seconds != 0;
  };
  const bool needs_2 = !dataset.cookie_salts().empty() || std::ranges::any_of(zones, expires) ||
                       std::ranges::any_of(constructions, expires);
  return needs_2 ? 2 : 1;
}

}  // namespace

base::Bytes serialize(const SnapshotContents& contents) {
  TIDEMARK_CHECK(contents.log_identity.size() <= log_identity_octets_max,
                 "a log's identity fits its field");
  const dataset::Dataset& dataset = contents.state.dataset;
  const auto pools = dataset.pools();
  const auto overrides = dataset.overrides();
  const auto zones = dataset.zones();
  const auto constructions = dataset.constructions();
  Writer out;
  out.put(snapshot_magic);
  const std::uint32_t format = format_for(dataset, zones, constructions);
  out.put_u32(format);
  put_section(out, section::head, [&] {
    put_head(out, contents, {pools.size(), overrides.size(), zones.size(), constructions.size()});
  });
  put_section(out, section::pools, [&] {
    for (const dataset::PoolView& pool : pools) put_pool(out, pool.pool());
  });
  put_section(out, section::overrides, [&] {
    for (const event::Override& one : overrides) put_override(out, one);
  });
  if (format >= 2) {
    put_section(out, section::cookies, [&] {
      out.put_u8(static_cast<std::uint8_t>(dataset.cookie_salts().size()));
      for (const event::CookieSalt& salt : dataset.cookie_salts()) out.put(salt);
    });
  }
  for (const dataset::Zone& zone : zones) {
    put_section(out, section::zone, [&] { put_zone(out, zone, format); });
  }
  for (const dataset::Zone& zone : constructions) {
    put_section(out, section::part, [&] { put_zone(out, zone, format); });
  }
  put_section(out, section::ledger, [&] { out.put(contents.state.ledger.to_octets()); });
  put_section(out, section::health, [&] { out.put(contents.observations.to_octets()); });
  put_section(out, section::end, [] {});
  return std::move(out).take();
}

SnapshotContents without_health(SnapshotContents contents) {
  contents.observations = {};
  contents.health_offset = -1;
  contents.health_last_record = {};
  return contents;
}

dataset::Lineage lineage_of(std::string_view dataset_name) {
  base::Sha256Stream hash;
  hash.update(base::as_bytes("tidemark:"));
  hash.update(base::as_bytes(dataset_name));
  const base::Sha256 octets = hash.finish();
  return dataset::Lineage({base::load_u64(octets.data()), base::load_u64(octets.data() + 8)});
}

}  // namespace tidemark::consumer
