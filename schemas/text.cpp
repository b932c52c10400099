#include "schemas/text.hpp"

#include "core/base/hash.hpp"
#include "schemas/codec.hpp"
#include "schemas/words.hpp"

namespace tidemark::schemas {

namespace {

// A word of strangers in a line for a terminal: no line ends, no escape sequences.
std::string plain(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string hex8(const base::U128& id) { return base::to_hex(id).substr(0, 8); }

std::string expect_text(const event::Expect& expect) {
  if (std::holds_alternative<event::ExpectAny>(expect)) return "any";
  if (const auto* exactly = std::get_if<event::ExpectExactly>(&expect)) {
    return "seq " + std::to_string(exactly->seq.value());
  }
  return "absent";
}

struct ZoneEditLines {
  std::string& out;

  void operator()(const event::CreateZone&) { out += "  create zone\n"; }
  void operator()(const event::DeleteZone&) { out += "  delete zone\n"; }
  void operator()(const event::PutRrset& put) {
    const dns::Rrset& rrset = put.rrset;
    for (const base::Bytes& rdata : rrset.rdata) {
      out += "  + " + rrset.owner.to_text() + " " + std::to_string(rrset.ttl.value()) + " " +
             dns::to_text(rrset.type) + " " + rdata_text(rrset.type, rdata) + "\n";
    }
  }
  void operator()(const event::DeleteRrset& gone) {
    out += "  - " + gone.owner.to_text() + " " + dns::to_text(gone.type) + "\n";
  }
  void operator()(const event::PutZoneSettings& put) {
    out += "  settings:";
    if (put.removal_percent_max) {
      out += " removal_percent_max " + std::to_string(*put.removal_percent_max);
    }
    if (put.removal_rrsets_min) {
      out += " removal_rrsets_min " + std::to_string(*put.removal_rrsets_min);
    }
    if (put.ttl_seconds_ceiling) {
      out += " ttl_seconds_ceiling " + std::to_string(*put.ttl_seconds_ceiling);
    }
    if (put.expire_seconds) out += " expire_seconds " + std::to_string(*put.expire_seconds);
    out += "\n";
  }
  void operator()(const event::BeginConstruction&) { out += "  begin construction\n"; }
  void operator()(const event::CommitConstruction& commit) {
    out += "  commit construction of " + std::to_string(commit.rrsets) + " RRsets\n";
  }
};

std::string check_text(const event::Check& check) {
  if (check.kind == event::CheckKind::None) return "no check";
  std::string out(word(check.kind));
  out += " check of port " + std::to_string(check.port);
  if (check.kind != event::CheckKind::Tcp) {
    out += " path " + plain(check.path) + (check.host.empty() ? "" : " host " + plain(check.host));
    out += " status " + std::to_string(check.status_low) + "-" + std::to_string(check.status_high);
  }
  return out + " every " + std::to_string(check.interval_ms) + " ms, rise " +
         std::to_string(check.rise) + ", fall " + std::to_string(check.fall);
}

struct PoolEditLines {
  std::string& out;

  void operator()(const event::PutPool& put) {
    const event::Pool& pool = put.pool;
    out += "pool " + plain(pool.name) + ": " + check_text(pool.check) +
           ", all down: " + std::string(word(pool.all_down)) + ", floor " +
           std::to_string(pool.floor) + "\n";
    for (const event::Endpoint& endpoint : pool.endpoints) {
      out += "  " + plain(endpoint.id) + " " + address_text(endpoint.address) + " weight " +
             std::to_string(endpoint.weight) + " " + std::string(word(endpoint.status)) + "\n";
    }
  }
  void operator()(const event::DeletePool& gone) {
    out += "pool " + plain(gone.pool) + ": delete\n";
  }
  void operator()(const event::PutOverride& put) {
    const event::Override& value = put.override_;
    out += "override " + plain(value.pool) + "/" + plain(value.endpoint) + ": " +
           std::string(word(value.state));
    if (value.until_ms != 0) out += " until " + time_text(value.until_ms);
    out += value.reason.empty() ? "\n" : " (" + plain(value.reason) + ")\n";
  }
  void operator()(const event::DeleteOverride& gone) {
    out += "override " + plain(gone.pool) + "/" + plain(gone.endpoint) + ": clear\n";
  }
};

std::string salts_text(const std::vector<event::CookieSalt>& salts) {
  std::string out;
  for (const event::CookieSalt& salt : salts) out += " " + base::to_hex(salt);
  return out.empty() ? " none" : out;
}

struct ControlLines {
  std::string operator()(const event::Pin& pin) {
    return "pin " + plain(pin.scope) + " to seq " + std::to_string(pin.seq) + " by " +
           plain(pin.author) + ": " + plain(pin.reason) + "\n";
  }
  std::string operator()(const event::Watermark& mark) {
    std::string out = "watermark of ring " + plain(mark.ring) +
                      (mark.released ? ": released" : ": seq " + std::to_string(mark.seq)) + ": " +
                      plain(mark.reason);
    if (mark.number != 0) {
      out += ", decision " + std::to_string(mark.number) + " by " + plain(mark.author);
    }
    if (mark.stopped_change != base::U128{}) {
      out += ", stopped by change " + base::to_hex(mark.stopped_change);
    }
    return out + "\n";
  }
  std::string operator()(const event::SnapshotAnnounce& announce) {
    std::string out = "snapshot file " + plain(announce.sha256) + ", " +
                      std::to_string(announce.octets) + " octets, seq " +
                      std::to_string(announce.seq) + ", offset " + std::to_string(announce.offset);
    if (!announce.controller.empty()) {
      out += ", hash " + hex8(announce.state_hash) + ", of " + plain(announce.controller);
    }
    out += "\n";
    for (const std::string& url : announce.urls) out += "  " + plain(url) + "\n";
    return out;
  }
  std::string operator()(const event::Heartbeat& beat) {
    const std::string out =
        "heartbeat " + std::to_string(beat.number) + " of " + plain(beat.controller);
    if (beat.offset < 0) return out + "\n";
    return out + ": seq " + std::to_string(beat.seq) + ", hash " + hex8(beat.state_hash) +
           ", offset " + std::to_string(beat.offset) + "\n";
  }
  std::string operator()(const event::LineageSeal& seal) {
    return "lineage " + base::to_hex(seal.lineage) + " ends at seq " + std::to_string(seal.seq) +
           "; goes on as " + base::to_hex(seal.successor) + "\n";
  }
  std::string operator()(const event::Proposal& held) {
    std::string out = "proposal " + base::to_hex(held.id) + " by " + plain(held.author) + ", " +
                      time_text(held.created_ms) + ", at seq " +
                      std::to_string(held.decided_at_seq) + ", " +
                      std::to_string(held.change.size()) + " octets: " + plain(held.reason) + "\n";
    for (const std::string& zone : held.zones) out += "  zone " + plain(zone) + "\n";
    if (!held.refusal.empty()) out += "  held: " + plain(held.refusal) + "\n";
    if (held.state == event::ProposalState::Open) return out;
    return out + "  " + std::string(word(held.state)) + " by " + plain(held.closed_by) + ", " +
           time_text(held.closed_ms) + ": " + plain(held.closed_reason) + "\n";
  }
};

template <class Event>
base::Result<std::string> rendered(const base::Result<Event>& decoded, Rendering rendering) {
  if (!decoded) return std::unexpected(decoded.error());
  return rendering == Rendering::Json ? to_json(*decoded) + "\n" : to_text(*decoded);
}

// What reports before the third form did not have.
std::string younger_lines(const event::NodeReport& report) {
  std::string out;
  if (report.instance != base::U128{}) {
    out += "  instance " + hex8(report.instance) + ", log time " +
           (report.appended_ms < 0 ? "none"
                                   : time_text(static_cast<std::uint64_t>(report.appended_ms))) +
           "; answers " + std::to_string(report.answers) + ", SERVFAIL " +
           std::to_string(report.servfail) + ", NXDOMAIN " + std::to_string(report.nxdomain) + "\n";
  }
  if (report.durable_seq != 0) {
    out += "  file of seq " + std::to_string(report.durable_seq) + " " +
           plain(report.durable_sha256) +
           (report.snapshot_url.empty() ? "" : " at " + plain(report.snapshot_url)) + "\n";
  }
  if (report.rebuilds != 0) {
    out += "  rebuilt " + std::to_string(report.rebuilds) + " times, last at seq " +
           std::to_string(report.rebuilt_seq) + " from hash " + hex8(report.rebuilt_from_hash) +
           " to " + hex8(report.rebuilt_to_hash) + "\n";
  }
  if (report.held_before_seq != 0) {
    out += "  HELD before seq " + std::to_string(report.held_before_seq) + "\n";
  }
  if (report.wants_withdrawal) out += "  WANTS WITHDRAWAL\n";
  if (!report.trouble.empty()) out += "  TROUBLE " + plain(report.trouble) + "\n";
  return out;
}

}  // namespace

std::string to_text(const event::ChangeSet& change) {
  std::string out = "change " + base::to_hex(change.change_id.value()) + " by " +
                    plain(change.author) + ", " + time_text(change.created_ms);
  if (change.author_epoch.value() != 0) {
    out += ", epoch " + std::to_string(change.author_epoch.value());
  }
  if (change.rollout != event::RolloutClass::Standard) {
    out += ", " + std::string(word(change.rollout));
  }
  if (change.acknowledged_removals) {
    out += ", acknowledges " + std::to_string(*change.acknowledged_removals) + " removals";
  }
  out += "\n";
  if (!change.reason.empty()) out += "reason: " + plain(change.reason) + "\n";
  if (change.origin) {
    out += "origin: " + plain(change.origin->system) + " " + plain(change.origin->id);
    if (change.origin->time_ms != 0) out += ", " + time_text(change.origin->time_ms);
    out += "\n";
  }
  if (change.succession) {
    out += "goes on from version " + std::to_string(change.succession->seq) + ", hash " +
           base::to_hex(change.succession->state_hash) + ", of another log\n";
  }
  if (change.cookie_salts) {
    out += "cookie salts expect" + salts_text(change.cookie_salts->expected) + "\n";
    out += "  are" + salts_text(change.cookie_salts->salts) + "\n";
  }
  for (const event::PoolEdit& edit : change.pools) std::visit(PoolEditLines{out}, edit);
  for (const event::ZoneEdits& zone : change.zones) {
    out += "zone " + zone.zone.to_text() + " expects " + expect_text(zone.expect);
    if (zone.construction) out += ", under construction";
    if (zone.zone_hash_after) out += ", hash after " + base::to_hex(*zone.zone_hash_after);
    out += "\n";
    for (const event::ZoneEdit& edit : zone.edits) std::visit(ZoneEditLines{out}, edit);
  }
  return out;
}

std::string to_text(const event::HealthFrame& frame) {
  std::string out = frame.full ? "full frame " : "delta ";
  out += std::to_string(frame.number) + " of " + (frame.agent ? "agent " : "prober ") +
         plain(frame.prober) + "\n";
  for (const event::Observation& seen : frame.observations) {
    out += "  " + plain(seen.pool) + "/" + plain(seen.endpoint) + " " +
           std::string(word(seen.observed)) +
           (seen.cause.empty() ? "\n" : ": " + plain(seen.cause) + "\n");
  }
  return out;
}

std::string to_text(const event::ControlRecord& control) {
  return std::visit(ControlLines{}, control);
}

std::string to_text(const event::NodeReport& report) {
  std::string out =
      "node " + plain(report.node) +
      (report.ring.empty() ? "" : " (ring " + plain(report.ring) + ")") + " " +
      event::to_text(report.state) + ": active seq " + std::to_string(report.active_seq) +
      ", staged " + std::to_string(report.staged_seq) + ", hash " + hex8(report.state_hash) +
      ", lineage " + hex8(report.lineage) + ", offset " + std::to_string(report.offset) +
      ", health " + std::to_string(report.health_offset) + "\n";
  out += "  accepted " + std::to_string(report.accepted) + ", rejected " +
         std::to_string(report.rejected) + ", undecodable " + std::to_string(report.undecodable) +
         "; build " + plain(report.build) + ", dns " + plain(report.dns_listen) + ", admin " +
         plain(report.admin_listen) + ", started " + time_text(report.started_ms) + "\n";
  for (const event::Nack& nack : report.nacks) {
    out += "  NACK offset " + std::to_string(nack.offset) + " change " + hex8(nack.change_id) +
           ": " + plain(nack.reason) + "\n";
  }
  if (report.pin_seq != 0) {
    out += "  PINNED " + plain(report.pin_scope) + " at seq " + std::to_string(report.pin_seq) +
           (report.pin_trouble.empty() ? "" : ": " + plain(report.pin_trouble)) + "\n";
  }
  return out + younger_lines(report);
}

std::optional<RecordKind> kind_of(base::ByteView record) noexcept {
  if (record.size() < 8) return std::nullopt;
  const std::string_view identifier = base::as_text(record.subspan(4, 4));
  if (identifier == "TMCS") return RecordKind::ChangeSet;
  if (identifier == "TMHF") return RecordKind::HealthFrame;
  if (identifier == "TMCT") return RecordKind::Control;
  if (identifier == "TMNR") return RecordKind::NodeReport;
  return std::nullopt;
}

base::Result<std::string> render(base::ByteView record, Rendering rendering) {
  const auto kind = kind_of(record);
  if (!kind) return base::fail(base::Errc::Invalid, "record: its identifier is none of ours");
  switch (*kind) {
    case RecordKind::ChangeSet:   return rendered(decode_change_set(record), rendering);
    case RecordKind::HealthFrame: return rendered(decode_health_frame(record), rendering);
    case RecordKind::Control:     return rendered(decode_control_record(record), rendering);
    case RecordKind::NodeReport:  return rendered(decode_node_report(record), rendering);
  }
  std::unreachable();
}

}  // namespace tidemark::schemas
