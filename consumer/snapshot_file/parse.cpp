// Reading order is that of the file. Nothing is believed before the section's checksum agreed, and
// nothing is allocated by a count of the file before so many octets are there.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "consumer/snapshot_file/intake.hpp"
#include "consumer/snapshot_file/sections.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/dataset/editor.hpp"
#include "core/event/pool.hpp"
#include "core/fold/node_rules.hpp"
#include "core/fold/pool_rules.hpp"

namespace tidemark::consumer {

namespace {

using base::ByteView;
using base::Errc;
using base::Result;
using dataset::Editor;

struct Head {
  dataset::Version version;
  std::uint32_t pools, overrides, zones, constructions;
};

class Sections {
 public:
  explicit Sections(ByteView file) : in_(file), file_(file) {}

  Result<void> open() {
    const auto magic = in_.take(snapshot_magic.size());
    if (!magic || !std::ranges::equal(*magic, snapshot_magic)) {
      return base::fail(Errc::Invalid, "octet 0: this is no Tidemark snapshot file");
    }
    const auto version = in_.take_u32();
    if (!version) return base::fail(Errc::Invalid, "octet 8: cut short");
    if (*version == 0 || *version > snapshot_format_version) {
      return base::fail(Errc::Unsupported, "format version " + std::to_string(*version) +
                                               "; this Tidemark reads versions up to " +
                                               std::to_string(snapshot_format_version));
    }
    format_ = *version;
    return {};
  }

  std::uint32_t format() const noexcept { return format_; }

  // The payload of the next section, which must be `tag`.
  Result<ByteView> next(std::string_view tag) {
    const std::size_t start = in_.position();
    const auto wrong = [&](std::string_view what) {
      return base::fail(Errc::Invalid, "section " + std::string(tag) + " at octet " +
                                           std::to_string(start) + ": " + std::string(what));
    };
    const auto found = in_.take(section_tag_octets);
    const auto octets = in_.take_u64();
    if (!found || !octets) return wrong("cut short");
    if (base::as_text(*found) != tag) return wrong("another section stands there");
    if (*octets > in_.left()) return wrong("longer than the file");
    const auto payload = in_.take(*octets);
    const auto checksum = in_.take(section_checksum_octets);
    if (!payload || !checksum) return wrong("cut short");
    const auto covered = file_.subspan(start, section_opening_octets + payload->size());
    if (!std::ranges::equal(*checksum, base::to_octets(base::xxh3_128(covered)))) {
      return wrong("the checksum does not agree");
    }
    return *payload;
  }

  bool at_end() const noexcept { return in_.at_end(); }

 private:
  base::Reader in_;
  ByteView file_;
  std::uint32_t format_ = 0;
};

base::Error in_section(base::Error error, std::string_view tag) {
  return std::move(error).at("section " + std::string(tag));
}

Result<Head> read_head(ByteView payload, SnapshotContents& into) {
  Intake in(payload);
  const dataset::Lineage lineage(in.u128());
  const dataset::Seq seq(in.u64());
  const dataset::StateHash state_hash(in.u128());
  fold::State& state = into.state;
  state.offset = in.offset();
  state.chain = in.sha256();
  state.last_record = in.sha256();
  for (auto* count : {&state.accepted, &state.rejected, &state.undecodable, &state.twins}) {
    *count = in.u64();
  }
  into.health_offset = in.offset();
  into.health_last_record = in.sha256();
  into.log_identity = in.text(log_identity_octets_max);
  Head head{{lineage, seq, state_hash}, 0, 0, 0, 0};
  for (auto* count : {&head.pools, &head.overrides, &head.zones, &head.constructions}) {
    *count = in.u32();
  }
  in.require(head.pools <= event::pools_max);
  TIDEMARK_TRY_VOID(in.finish());
  return head;
}

event::Pool read_pool(Intake& in) {
  event::Pool pool;
  pool.name = in.text(event::pool_name_octets_max);
  pool.all_down = in.enumerator(event::AllDown::AnswerAll, event::AllDown::ServFail);
  pool.floor = in.u8();
  pool.quorum = in.u8();
  pool.stale_after_ms = in.u32();
  event::Check& check = pool.check;
  check.kind = in.enumerator(event::CheckKind::None, event::CheckKind::Https);
  check.port = in.u16();
  check.path = in.text();
  check.host = in.text();
  check.status_low = in.u16();
  check.status_high = in.u16();
  check.verify_tls = in.flag();
  check.interval_ms = in.u32();
  check.timeout_ms = in.u32();
  check.rise = in.u8();
  check.fall = in.u8();
  const std::size_t endpoints = in.u8();
  for (std::size_t i = 0; i < endpoints && in.sound(); ++i) {
    event::Endpoint endpoint;
    endpoint.id = in.text(event::endpoint_id_octets_max);
    const std::uint8_t family = in.u8();
    in.require(family == 4 || family == 6);
    endpoint.address.family = static_cast<event::Address::Family>(family);
    std::ranges::copy(in.octets(endpoint.address.octets.size()), endpoint.address.octets.begin());
    endpoint.weight = in.u8();
    endpoint.status = in.enumerator(event::EndpointStatus::Obey, event::EndpointStatus::Down);
    pool.endpoints.push_back(std::move(endpoint));
  }
  return pool;
}

// A pool or override is put in as the fold would, so that its rules are judged in one place.
Result<void> apply(Editor& editor, event::PoolEdit edit) {
  if (const auto broken = fold::apply(editor, edit)) {
    return base::fail(Errc::Invalid, broken->detail);
  }
  return {};
}

Result<void> read_pools(ByteView payload, std::uint32_t count, Editor& editor) {
  Intake in(payload);
  std::string before;
  for (std::uint32_t i = 0; i < count; ++i) {
    event::Pool pool = read_pool(in);
    in.require(i == 0 || before < pool.name);
    before = pool.name;
    TIDEMARK_TRY_VOID(in.check());
    TIDEMARK_TRY_VOID(apply(editor, event::PutPool{std::move(pool)}));
  }
  return in.finish();
}

Result<void> read_overrides(ByteView payload, std::uint32_t count, Editor& editor) {
  Intake in(payload);
  std::pair<std::string, std::string> before;
  for (std::uint32_t i = 0; i < count; ++i) {
    event::Override one;
    one.pool = in.text(event::pool_name_octets_max);
    one.endpoint = in.text(event::endpoint_id_octets_max);
    one.state = in.enumerator(event::OverrideState::Up, event::OverrideState::Drain);
    one.until_ms = in.u64();
    one.reason = in.text();
    std::pair name{one.pool, one.endpoint};
    in.require(i == 0 || before < name);
    before = std::move(name);
    TIDEMARK_TRY_VOID(in.check());
    TIDEMARK_TRY_VOID(apply(editor, event::PutOverride{std::move(one)}));
  }
  return in.finish();
}

Result<void> read_cookies(ByteView payload, Editor& editor) {
  Intake in(payload);
  const std::size_t count = in.u8();
  in.require(count <= event::cookie_salts_max);
  std::vector<event::CookieSalt> salts;
  for (std::size_t i = 0; i < count && in.sound(); ++i) {
    event::CookieSalt salt{};
    std::ranges::copy(in.octets(salt.size()), salt.begin());
    salts.push_back(salt);
  }
  TIDEMARK_TRY_VOID(in.finish());
  editor.put_cookie_salts(std::move(salts));
  return {};
}

class ZoneReading {
 public:
  ZoneReading(ByteView payload, Editor& editor, Editor::Place place, std::uint32_t format)
      : in_(payload), editor_(editor), place_(place), format_(format) {}

  // `before`: the zone in front of this one; becomes this one's name.
  Result<void> read(std::optional<dns::Name>& before) {
    TIDEMARK_TRY(const dns::Name apex, read_apex());
    if (before && !(*before < apex)) return unsound("not in canonical order, or twice");
    before = apex;
    const event::ZoneSeq seq(in_.u64());
    dataset::ZoneSettings settings;
    settings.removal_percent_max = in_.u8();
    settings.removal_rrsets_min = in_.u32();
    settings.ttl_seconds_ceiling = in_.u32();
    if (format_ >= 2) settings.expire_seconds = in_.u32();
    const std::uint64_t rrsets = in_.u64();
    const std::uint64_t owners = in_.u64();
    TIDEMARK_TRY_VOID(in_.check());
    editor_.create_zone(apex, place_);
    editor_.put_settings(apex, settings, place_);
    std::optional<dns::Name> owner_before;
    for (std::uint64_t i = 0; i < owners; ++i) {
      TIDEMARK_TRY(dns::Name owner, read_owner(apex));
      if (owner_before && !(*owner_before < owner)) return unsound("owners out of order, or twice");
      TIDEMARK_TRY_VOID(read_rrsets(apex, owner));
      owner_before = std::move(owner);
    }
    TIDEMARK_TRY_VOID(in_.finish());
    return settle(apex, seq, rrsets);
  }

 private:
  std::unexpected<base::Error> unsound(std::string_view what) const {
    return base::fail(Errc::Invalid,
                      "before octet " + std::to_string(in_.position()) + ": " + std::string(what));
  }

  Result<dns::Name> read_apex() {
    const ByteView wire = in_.octets(in_.u8());
    TIDEMARK_TRY_VOID(in_.check());
    return canonical_name(wire);
  }

  Result<dns::Name> canonical_name(ByteView wire) const {
    TIDEMARK_TRY(dns::Name name, dns::Name::from_wire(wire));
    if (!std::ranges::equal(name.wire(), wire)) return unsound("a name has upper-case letters");
    return name;
  }

  Result<dns::Name> read_owner(const dns::Name& apex) {
    const ByteView front = in_.octets(in_.u8());
    TIDEMARK_TRY_VOID(in_.check());
    wire_.assign(front.begin(), front.end());
    wire_.insert(wire_.end(), apex.wire().begin(), apex.wire().end());
    TIDEMARK_TRY(dns::Name owner, canonical_name(wire_));
    // The last label in front may not reach into the zone's name.
    if (!owner.view().is_at_or_below(apex)) return unsound("an owner is outside its zone");
    return owner;
  }

  Result<void> read_rrsets(const dns::Name& apex, const dns::Name& owner) {
    const std::size_t count = in_.u16();
    in_.require(count >= 1 && count <= dns::types_per_name_max);
    std::uint32_t type_before = 0;
    dns::Rrset rrset{owner, dns::RrType{}, dns::Ttl(0), {}};
    for (std::size_t i = 0; i < count && in_.sound(); ++i) {
      const std::uint16_t type = in_.u16();
      in_.require(type > type_before);
      type_before = type;
      rrset.type = static_cast<dns::RrType>(type);
      rrset.ttl = dns::Ttl(in_.u32());
      TIDEMARK_TRY_VOID(read_rdata(rrset));
      TIDEMARK_TRY_VOID(put(apex, rrset));
    }
    return in_.check();
  }

  Result<void> read_rdata(dns::Rrset& into) {
    const std::size_t records = in_.u16();
    in_.require(records >= 1 && records <= dns::rrset_records_max);
    TIDEMARK_TRY_VOID(in_.check());
    into.rdata.resize(records);
    for (base::Bytes& rdata : into.rdata) {
      const ByteView octets = in_.octets(in_.u16());
      rdata.assign(octets.begin(), octets.end());
    }
    return in_.check();
  }

  Result<void> put(const dns::Name& apex, const dns::Rrset& rrset) {
    if (auto sound = dns::check_canonical(rrset); !sound) {
      return std::unexpected(
          std::move(sound).error().at(rrset.owner.to_text() + " " + dns::to_text(rrset.type)));
    }
    if (rrset.type == dns::RrType::Soa && rrset.owner != apex) return unsound("SOA off the apex");
    if (rrset.type == dns::RrType::Pool && !editor_.find_pool(base::as_text(rrset.rdata.front()))) {
      return unsound("a POOL RRset names a pool that is not there");
    }
    editor_.put_rrset(apex, rrset, place_);
    return {};
  }

  Result<void> settle(const dns::Name& apex, event::ZoneSeq seq, std::uint64_t rrsets) {
    const dataset::Zone zone = *editor_.find_zone(apex, place_);
    if (zone.rrset_count() != rrsets) return unsound("the number of RRsets does not agree");
    editor_.touch_zone(apex, zone.serial(), seq, place_);
    if (place_ == Editor::Place::Construction) return {};
    if (const auto broken = fold::check_apex(*editor_.find_zone(apex))) {
      return base::fail(Errc::Invalid, broken->detail);
    }
    return {};
  }

  Intake in_;
  Editor& editor_;
  const Editor::Place place_;
  const std::uint32_t format_;
  base::Bytes wire_;  // of the owner at hand
};

Result<void> read_zones(Sections& sections, std::string_view tag, std::uint32_t count,
                        Editor& editor) {
  const auto place = tag == section::zone ? Editor::Place::Live : Editor::Place::Construction;
  std::optional<dns::Name> before;
  for (std::uint32_t i = 0; i < count; ++i) {
    TIDEMARK_TRY(const ByteView payload, sections.next(tag));
    if (auto read = ZoneReading(payload, editor, place, sections.format()).read(before); !read) {
      return std::unexpected(
          in_section(std::move(read).error(), std::string(tag) + " " + std::to_string(i + 1)));
    }
  }
  return {};
}

// All of the Dataset, in one generation of objects.
Result<void> read_dataset(Sections& sections, const Head& head, fold::State& into) {
  Editor editor(into.dataset);
  TIDEMARK_TRY(const ByteView pools, sections.next(section::pools));
  if (auto read = read_pools(pools, head.pools, editor); !read) {
    return std::unexpected(in_section(std::move(read).error(), section::pools));
  }
  TIDEMARK_TRY(const ByteView overrides, sections.next(section::overrides));
  if (auto read = read_overrides(overrides, head.overrides, editor); !read) {
    return std::unexpected(in_section(std::move(read).error(), section::overrides));
  }
  if (sections.format() >= 2) {
    TIDEMARK_TRY(const ByteView cookies, sections.next(section::cookies));
    if (auto read = read_cookies(cookies, editor); !read) {
      return std::unexpected(in_section(std::move(read).error(), section::cookies));
    }
  }
  TIDEMARK_TRY_VOID(read_zones(sections, section::zone, head.zones, editor));
  TIDEMARK_TRY_VOID(read_zones(sections, section::part, head.constructions, editor));
  editor.set_seq(head.version.seq);
  into.dataset = std::move(editor).finish();
  if (into.dataset.version() != head.version) {
    return base::fail(Errc::Invalid, "the state hash of what was read is " +
                                         base::to_hex(into.dataset.version().state_hash.value()) +
                                         ", section HEAD says " +
                                         base::to_hex(head.version.state_hash.value()));
  }
  return {};
}

}  // namespace

Result<SnapshotSummary> read_summary(ByteView opening) {
  Sections sections(opening);
  TIDEMARK_TRY_VOID(sections.open());
  TIDEMARK_TRY(const ByteView payload, sections.next(section::head));
  SnapshotContents read{
      fold::State::empty(dataset::Lineage({}), dataset::HashSeed(0)), {}, {}, -1, {}};
  const auto head = read_head(payload, read);
  if (!head) return std::unexpected(in_section(head.error(), section::head));
  return SnapshotSummary{head->version, read.state.offset, read.state.chain, read.health_offset,
                         std::move(read.log_identity)};
}

Result<SnapshotContents> parse(ByteView file, dataset::Lineage lineage, dataset::HashSeed seed) {
  Sections sections(file);
  TIDEMARK_TRY_VOID(sections.open());
  SnapshotContents contents{fold::State::empty(lineage, seed), {}, {}, -1, {}};
  TIDEMARK_TRY(const ByteView head_octets, sections.next(section::head));
  auto head = read_head(head_octets, contents);
  if (!head) return std::unexpected(in_section(std::move(head).error(), section::head));
  if (head->version.lineage != lineage) {
    return base::fail(Errc::Conflict,
                      "section HEAD: of lineage " + base::to_hex(head->version.lineage.value()) +
                          ", that is another dataset; wanted is " + base::to_hex(lineage.value()));
  }
  TIDEMARK_TRY_VOID(read_dataset(sections, *head, contents.state));
  TIDEMARK_TRY(const ByteView ledger, sections.next(section::ledger));
  TIDEMARK_TRY(contents.state.ledger, fold::Ledger::from_octets(ledger));
  TIDEMARK_TRY(const ByteView health, sections.next(section::health));
  TIDEMARK_TRY(contents.observations, health::Observations::from_octets(health));
  TIDEMARK_TRY(const ByteView end, sections.next(section::end));
  if (!end.empty() || !sections.at_end()) {
    return base::fail(Errc::Invalid, "section DONE: octets follow the end");
  }
  return contents;
}

}  // namespace tidemark::consumer
