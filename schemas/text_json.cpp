#include "core/base/hash.hpp"
#include "schemas/json_writer.hpp"
#include "schemas/text.hpp"
#include "schemas/words.hpp"

namespace tidemark::schemas {

namespace {

void write(JsonWriter& out, const event::Expect& expect) {
  out.key("expect");
  if (std::holds_alternative<event::ExpectAny>(expect)) {
    out.text("any");
  } else if (const auto* exactly = std::get_if<event::ExpectExactly>(&expect)) {
    out.begin_object().member("exactly", exactly->seq.value()).end_object();
  } else {
    out.text("absent");
  }
}

struct ZoneEditJson {
  JsonWriter& out;

  void operator()(const event::CreateZone&) { out.member("edit", "create_zone"); }
  void operator()(const event::DeleteZone&) { out.member("edit", "delete_zone"); }
  void operator()(const event::PutRrset& put) {
    const dns::Rrset& rrset = put.rrset;
    out.member("edit", "put_rrset").member("name", rrset.owner.to_text());
    out.member("type", dns::to_text(rrset.type)).member("ttl", rrset.ttl.value());
    out.key("records").begin_array();
    for (const base::Bytes& rdata : rrset.rdata) out.text(rdata_text(rrset.type, rdata));
    out.end_array();
  }
  void operator()(const event::DeleteRrset& gone) {
    out.member("edit", "delete_rrset").member("name", gone.owner.to_text());
    out.member("type", dns::to_text(gone.type));
  }
  void operator()(const event::PutZoneSettings& put) {
    out.member("edit", "put_zone_settings");
    out.optional_member("removal_percent_max", put.removal_percent_max);
    out.optional_member("removal_rrsets_min", put.removal_rrsets_min);
    out.optional_member("ttl_seconds_ceiling", put.ttl_seconds_ceiling);
    if (put.expire_seconds) out.optional_member("expire_seconds", put.expire_seconds);
  }
  void operator()(const event::BeginConstruction&) { out.member("edit", "begin_construction"); }
  void operator()(const event::CommitConstruction& commit) {
    out.member("edit", "commit_construction").member("rrsets", commit.rrsets);
  }
};

void write(JsonWriter& out, const event::ZoneEdits& zone) {
  out.begin_object().member("zone", zone.zone.to_text());
  write(out, zone.expect);
  out.key("construction").boolean(zone.construction);
  out.optional_member("zone_hash_after", zone.zone_hash_after);
  out.key("edits").begin_array();
  for (const event::ZoneEdit& edit : zone.edits) {
    out.begin_object();
    std::visit(ZoneEditJson{out}, edit);
    out.end_object();
  }
  out.end_array().end_object();
}

void write(JsonWriter& out, const event::Check& check) {
  out.key("check").begin_object().member("kind", word(check.kind));
  out.member("port", check.port).member("path", check.path).member("host", check.host);
  out.member("status_low", check.status_low).member("status_high", check.status_high);
  out.key("verify_tls").boolean(check.verify_tls);
  out.member("interval_ms", check.interval_ms).member("timeout_ms", check.timeout_ms);
  out.member("rise", check.rise).member("fall", check.fall).end_object();
}

struct PoolEditJson {
  JsonWriter& out;

  void operator()(const event::PutPool& put) {
    const event::Pool& pool = put.pool;
    out.member("edit", "put_pool").member("pool", pool.name).key("endpoints").begin_array();
    for (const event::Endpoint& endpoint : pool.endpoints) {
      out.begin_object().member("id", endpoint.id);
      out.member("address", address_text(endpoint.address)).member("weight", endpoint.weight);
      out.member("status", word(endpoint.status)).end_object();
    }
    out.end_array();
    write(out, pool.check);
    out.member("all_down", word(pool.all_down)).member("floor", pool.floor);
    out.member("quorum", pool.quorum).member("stale_after_ms", pool.stale_after_ms);
  }
  void operator()(const event::DeletePool& gone) {
    out.member("edit", "delete_pool").member("pool", gone.pool);
  }
  void operator()(const event::PutOverride& put) {
    const event::Override& value = put.override_;
    out.member("edit", "put_override").member("pool", value.pool);
    out.member("endpoint", value.endpoint).member("state", word(value.state));
    out.key("until");
    value.until_ms == 0 ? out.null() : out.text(time_text(value.until_ms));
    out.member("reason", value.reason);
  }
  void operator()(const event::DeleteOverride& gone) {
    out.member("edit", "delete_override").member("pool", gone.pool);
    out.member("endpoint", gone.endpoint);
  }
};

void write(JsonWriter& out, std::string_view key, const std::vector<event::CookieSalt>& salts) {
  out.key(key).begin_array();
  for (const event::CookieSalt& salt : salts) out.text(base::to_hex(salt));
  out.end_array();
}

struct ControlJson {
  JsonWriter& out;

  void operator()(const event::Pin& pin) {
    out.member("control", "pin").member("scope", pin.scope).member("seq", pin.seq);
    out.member("author", pin.author).member("reason", pin.reason);
  }
  void operator()(const event::Watermark& mark) {
    out.member("control", "watermark").member("ring", mark.ring).member("seq", mark.seq);
    out.member("reason", mark.reason);
    if (mark.number != 0) out.member("author", mark.author).member("number", mark.number);
    if (mark.stopped_change != base::U128{}) out.member("stopped_change", mark.stopped_change);
    if (mark.released) out.key("released").boolean(true);
  }
  void operator()(const event::SnapshotAnnounce& announce) {
    out.member("control", "snapshot_announce").member("sha256", announce.sha256);
    out.member("octets", announce.octets).member("seq", announce.seq);
    out.key("offset").signed_number(announce.offset).key("urls").begin_array();
    for (const std::string& url : announce.urls) out.text(url);
    out.end_array();
    if (announce.controller.empty()) return;
    out.member("state_hash", announce.state_hash).member("controller", announce.controller);
  }
  void operator()(const event::Heartbeat& beat) {
    out.member("control", "heartbeat").member("controller", beat.controller);
    out.member("number", beat.number);
    if (beat.offset < 0) return;
    out.member("seq", beat.seq).member("state_hash", beat.state_hash);
    out.key("offset").signed_number(beat.offset).member("chain", base::to_hex(beat.chain));
  }
  void operator()(const event::LineageSeal& seal) {
    out.member("control", "lineage_seal").member("lineage", seal.lineage);
    out.member("successor", seal.successor).member("seq", seal.seq);
  }
  void operator()(const event::Proposal& held) {
    out.member("control", "proposal").member("id", held.id).member("author", held.author);
    out.member("reason", held.reason).member("created", time_text(held.created_ms));
    out.member("refusal", held.refusal).key("zones").begin_array();
    for (const std::string& zone : held.zones) out.text(zone);
    out.end_array().member("decided_at_seq", held.decided_at_seq);
    out.member("octets", std::uint64_t{held.change.size()}).member("state", word(held.state));
    if (held.state == event::ProposalState::Open) return;
    out.member("closed_by", held.closed_by).member("closed_reason", held.closed_reason);
    out.member("closed", time_text(held.closed_ms));
  }
};

// What reports before the third form did not have.
void younger_members(const event::NodeReport& report, JsonWriter& out) {
  if (report.instance != base::U128{}) {
    out.member("instance", report.instance).key("appended_ms").signed_number(report.appended_ms);
    out.member("answers", report.answers).member("servfail", report.servfail);
    out.member("nxdomain", report.nxdomain);
  }
  if (report.durable_seq != 0) {
    out.member("durable_seq", report.durable_seq).member("durable_sha256", report.durable_sha256);
    out.member("snapshot_url", report.snapshot_url);
  }
  if (report.rebuilds != 0) {
    out.member("rebuilds", report.rebuilds).member("rebuilt_seq", report.rebuilt_seq);
    out.member("rebuilt_from_hash", report.rebuilt_from_hash);
    out.member("rebuilt_to_hash", report.rebuilt_to_hash);
  }
  if (report.held_before_seq != 0) out.member("held_before_seq", report.held_before_seq);
  if (report.wants_withdrawal) out.key("wants_withdrawal").boolean(true);
  if (!report.trouble.empty()) out.member("trouble", report.trouble);
}

}  // namespace

std::string to_json(const event::ChangeSet& change) {
  JsonWriter out;
  out.begin_object().member("kind", "change_set").member("min_reader", change.min_reader);
  out.member("fold_version", change.fold_version).member("change_id", change.change_id.value());
  out.member("author", change.author).member("author_epoch", change.author_epoch.value());
  out.member("reason", change.reason).member("created", time_text(change.created_ms));
  out.member("rollout", word(change.rollout));
  out.optional_member("acknowledged_removals", change.acknowledged_removals);
  out.key("zones").begin_array();
  for (const event::ZoneEdits& zone : change.zones) write(out, zone);
  out.end_array().key("pools").begin_array();
  for (const event::PoolEdit& edit : change.pools) {
    out.begin_object();
    std::visit(PoolEditJson{out}, edit);
    out.end_object();
  }
  out.end_array();
  if (change.cookie_salts) {
    out.key("cookie_salts").begin_object();
    write(out, "expected", change.cookie_salts->expected);
    write(out, "salts", change.cookie_salts->salts);
    out.end_object();
  }
  if (change.origin) {
    out.key("origin").begin_object().member("system", change.origin->system);
    out.member("id", change.origin->id).key("time");
    change.origin->time_ms == 0 ? out.null() : out.text(time_text(change.origin->time_ms));
    out.end_object();
  }
  if (change.succession) {
    out.key("succession").begin_object().member("seq", change.succession->seq);
    out.member("state_hash", change.succession->state_hash).key("places").begin_array();
    for (const event::Succession::Place& place : change.succession->places) {
      out.begin_object().key("offset").signed_number(place.offset);
      out.member("chain", base::to_hex(place.chain)).end_object();
    }
    out.end_array().end_object();
  }
  out.end_object();
  return std::move(out).take();
}

std::string to_json(const event::HealthFrame& frame) {
  JsonWriter out;
  out.begin_object().member("kind", "health_frame").member("min_reader", frame.min_reader);
  out.member("prober", frame.prober).member("number", frame.number);
  out.key("full").boolean(frame.full).key("agent").boolean(frame.agent);
  out.key("observations").begin_array();
  for (const event::Observation& seen : frame.observations) {
    out.begin_object().member("pool", seen.pool).member("endpoint", seen.endpoint);
    out.member("observed", word(seen.observed)).member("cause", seen.cause).end_object();
  }
  out.end_array().end_object();
  return std::move(out).take();
}

std::string to_json(const event::ControlRecord& control) {
  JsonWriter out;
  out.begin_object().member("kind", "control_record");
  std::visit(ControlJson{out}, control);
  out.end_object();
  return std::move(out).take();
}

std::string to_json(const event::NodeReport& report) {
  JsonWriter out;
  out.begin_object().member("kind", "node_report").member("node", report.node);
  out.member("ring", report.ring).member("state", event::to_text(report.state));
  out.member("lineage", report.lineage).member("staged_seq", report.staged_seq);
  out.member("active_seq", report.active_seq).member("state_hash", report.state_hash);
  out.key("offset").signed_number(report.offset).member("chain", base::to_hex(report.chain));
  out.key("health_offset").signed_number(report.health_offset);
  out.member("accepted", report.accepted).member("rejected", report.rejected);
  out.member("undecodable", report.undecodable).member("started", time_text(report.started_ms));
  out.member("build", report.build).member("dns_listen", report.dns_listen);
  out.member("admin_listen", report.admin_listen).key("nacks").begin_array();
  for (const event::Nack& nack : report.nacks) {
    out.begin_object().key("offset").signed_number(nack.offset);
    out.member("change_id", nack.change_id).member("reason", nack.reason).end_object();
  }
  out.end_array();
  if (report.pin_seq != 0) {
    out.member("pin_scope", report.pin_scope).member("pin_seq", report.pin_seq);
    out.member("pin_trouble", report.pin_trouble);
  }
  younger_members(report, out);
  out.end_object();
  return std::move(out).take();
}

}  // namespace tidemark::schemas
