#include "producer/decide/sequence.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "producer/decide/decide.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {

// Parts are filled by estimate and cut again if the encoding is larger after all.
constexpr std::size_t part_octets_wanted = 640 * 1024;
constexpr std::size_t part_edits_max = event::edits_max - 8;  // room for Begin and settings

std::size_t estimate_octets(const dns::Rrset& rrset) {
  std::size_t octets = 96 + rrset.owner.wire().size();
  for (const base::Bytes& rdata : rrset.rdata) octets += 16 + rdata.size();
  return octets;
}

using Piece = std::span<dns::Rrset>;

// Where the next piece of `rest` ends: at the border of an owner, if there is one.
std::size_t piece_end(std::span<const dns::Rrset> rest) {
  std::size_t octets = 0;
  std::size_t border = 0;  // behind the last whole owner
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (i > 0 && rest[i].owner != rest[i - 1].owner) border = i;
    octets += estimate_octets(rest[i]);
    if (i > 0 && (octets > part_octets_wanted || i >= part_edits_max)) {
      return border > 0 ? border : i;
    }
  }
  return rest.size();
}

event::ChangeSet part_of(const event::ChangeSet& commit, const dns::Name& zone,
                         const event::Expect& expect, Piece rrsets) {
  event::ChangeSet part = commit;
  part.acknowledged_removals.reset();
  part.zones = {{zone, expect, true, std::nullopt, {}}};
  auto& edits = part.zones.front().edits;
  edits.reserve(rrsets.size());
  for (dns::Rrset& rrset : rrsets) edits.emplace_back(event::PutRrset{std::move(rrset)});
  return part;
}

// Halves what turned out too large. One RRset always fits.
void add_part(std::vector<event::ChangeSet>& parts, event::ChangeSet part) {
  if (!is_too_large(part)) {
    parts.push_back(std::move(part));
    return;
  }
  auto& edits = part.zones.front().edits;
  TIDEMARK_CHECK(edits.size() > 1, "one RRset always fits into a ChangeSet");
  event::ChangeSet second = part;
  const auto middle = static_cast<std::ptrdiff_t>(edits.size() / 2);
  edits.erase(edits.begin() + middle, edits.end());
  auto& rest = second.zones.front().edits;
  rest.erase(rest.begin(), rest.begin() + middle);
  add_part(parts, std::move(part));
  add_part(parts, std::move(second));
}

}  // namespace

bool is_too_large(const event::ChangeSet& change) {
  std::size_t edits = change.pools.size();
  std::size_t octets = 0;
  for (const event::ZoneEdits& zone : change.zones) {
    edits += zone.edits.size();
    for (const event::ZoneEdit& edit : zone.edits) {
      if (const auto* put = std::get_if<event::PutRrset>(&edit)) {
        octets += put->rrset.owner.wire().size();
        for (const base::Bytes& rdata : put->rrset.rdata) octets += rdata.size();
      }
    }
  }
  // Content alone may be too much already: then nothing is encoded to learn it.
  return edits > event::edits_max || octets > event::change_set_octets_max ||
         schemas::encode(change).size() > event::change_set_octets_max;
}

std::vector<event::ChangeSet> build_sequence(const dns::Name& zone, event::Expect expect,
                                             std::vector<dns::Rrset> rrsets,
                                             const event::PutZoneSettings& settings,
                                             std::optional<base::U128> hash_after,
                                             const event::ChangeSet& commit) {
  std::vector<event::ChangeSet> parts;
  const std::uint64_t count = rrsets.size();
  for (Piece rest(rrsets); !rest.empty();) {
    const std::size_t end = piece_end(rest);
    add_part(parts, part_of(commit, zone, expect, rest.first(end)));
    rest = rest.subspan(end);
  }
  TIDEMARK_CHECK(!parts.empty(), "a zone that is built has RRsets");
  auto& first = parts.front().zones.front().edits;
  if (settings != event::PutZoneSettings{}) first.insert(first.begin(), settings);
  first.insert(first.begin(), event::BeginConstruction{});
  event::ChangeSet last = commit;
  last.zones = {{zone, expect, true, hash_after, {event::CommitConstruction{count}}}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].change_id = part_id(commit.change_id, i);
  }
  parts.push_back(std::move(last));
  return parts;
}

base::U128 zone_hash_of(const std::vector<dns::Rrset>& rrsets, std::optional<dns::Serial> before) {
  constexpr std::size_t numbers_octets = 20;  // serial, refresh, retry, expire, minimum
  base::U128 hash;
  for (const dns::Rrset& rrset : rrsets) {
    if (rrset.type != dns::RrType::Soa || !before) {
      hash += base::xxh3_128(dns::canonical_octets(rrset));
      continue;
    }
    dns::Rrset soa = rrset;
    std::uint8_t* serial = soa.rdata.front().data() + soa.rdata.front().size() - numbers_octets;
    const dns::Serial next(before->value() + 1);
    if (!dns::serial_after(dns::Serial(base::load_u32(serial)), next)) {
      base::store_u32(serial, next.value());
    }
    hash += base::xxh3_128(dns::canonical_octets(soa));
  }
  return hash;
}

event::ChangeId part_id(event::ChangeId last, std::size_t index) {
  base::Writer octets;
  octets.put(base::to_octets(last.value()));
  octets.put_u64(index);
  return event::ChangeId(base::xxh3_128(octets.view()));
}

}  // namespace tidemark::producer
