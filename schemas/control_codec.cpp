#include "control_generated.h"
#include "core/event/control.hpp"
#include "schemas/codec.hpp"
#include "schemas/opening.hpp"

namespace tidemark::schemas {

namespace {

using base::Result;

constexpr RecordForm control_form{"control record", "TMCT", control_octets_max,
                                  wire::VerifyControlRecordBuffer};
constexpr std::size_t sha256_hex_octets = 64;

struct ControlWriter {
  flatbuffers::FlatBufferBuilder& out;
  wire::Control type = wire::Control::NONE;

  flatbuffers::Offset<flatbuffers::String> text(const std::string& value) {
    return value.empty() ? 0 : out.CreateString(value);
  }
  flatbuffers::Offset<void> operator()(const event::Pin& pin) {
    type = wire::Control::Pin;
    const auto scope = text(pin.scope);
    const auto author = text(pin.author);
    const auto reason = text(pin.reason);
    return wire::CreatePin(out, scope, pin.seq, author, reason).Union();
  }
  flatbuffers::Offset<void> operator()(const event::Watermark& mark) {
    type = wire::Control::Watermark;
    const auto ring = text(mark.ring);
    const auto reason = text(mark.reason);
    const auto author = text(mark.author);
    const NumberOrAbsent<wire::U128> stopped(mark.stopped_change);
    return wire::CreateWatermark(out, ring, mark.seq, reason, author, mark.number, stopped.get(),
                                 mark.released)
        .Union();
  }
  flatbuffers::Offset<void> operator()(const event::SnapshotAnnounce& announce) {
    type = wire::Control::SnapshotAnnounce;
    const auto sha256 = text(announce.sha256);
    std::vector<flatbuffers::Offset<flatbuffers::String>> urls;
    for (const std::string& url : announce.urls) urls.push_back(out.CreateString(url));
    const auto list = out.CreateVector(urls);
    const auto controller = text(announce.controller);
    const NumberOrAbsent<wire::U128> state_hash(announce.state_hash);
    return wire::CreateSnapshotAnnounce(out, sha256, announce.octets, announce.seq, announce.offset,
                                        list, state_hash.get(), controller)
        .Union();
  }
  flatbuffers::Offset<void> operator()(const event::Heartbeat& beat) {
    type = wire::Control::Heartbeat;
    const auto controller = text(beat.controller);
    const auto chain = beat.offset < 0 ? flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>>()
                                       : out.CreateVector(beat.chain.data(), beat.chain.size());
    const NumberOrAbsent<wire::U128> state_hash(beat.state_hash);
    return wire::CreateHeartbeat(out, controller, beat.number, beat.seq, state_hash.get(),
                                 beat.offset, chain)
        .Union();
  }
  flatbuffers::Offset<void> operator()(const event::LineageSeal& seal) {
    type = wire::Control::LineageSeal;
    const wire::U128 lineage(seal.lineage.high, seal.lineage.low);
    const wire::U128 successor(seal.successor.high, seal.successor.low);
    return wire::CreateLineageSeal(out, &lineage, &successor, seal.seq).Union();
  }
  flatbuffers::Offset<void> operator()(const event::Proposal& held) {
    type = wire::Control::Proposal;
    const wire::U128 id(held.id.high, held.id.low);
    const auto author = text(held.author);
    const auto reason = text(held.reason);
    const auto refusal = text(held.refusal);
    std::vector<flatbuffers::Offset<flatbuffers::String>> zones;
    for (const std::string& zone : held.zones) zones.push_back(out.CreateString(zone));
    const auto zone_list = out.CreateVector(zones);
    const auto change = out.CreateVector(held.change.data(), held.change.size());
    const auto closed_by = text(held.closed_by);
    const auto closed_reason = text(held.closed_reason);
    return wire::CreateProposal(out, &id, author, reason, held.created_ms, refusal, zone_list,
                                held.decided_at_seq, change,
                                static_cast<wire::ProposalState>(held.state), closed_by,
                                closed_reason, held.closed_ms)
        .Union();
  }
};

Result<event::ControlRecord> read(const wire::Pin& wire_pin, Reading& reading) {
  event::Pin pin{.scope = {}, .seq = wire_pin.seq(), .author = {}, .reason = {}};
  TIDEMARK_TRY(pin.scope, reading.text("scope", wire_pin.scope(), text_octets_max));
  TIDEMARK_TRY(pin.author, reading.text("author", wire_pin.author(), event::author_octets_max));
  TIDEMARK_TRY(pin.reason, reading.text("reason", wire_pin.reason(), event::reason_octets_max));
  return pin;
}

Result<event::ControlRecord> read(const wire::Watermark& wire_mark, Reading& reading) {
  event::Watermark mark{.ring = {}, .seq = wire_mark.seq(), .reason = {}};
  TIDEMARK_TRY(mark.ring, reading.text("ring", wire_mark.ring(), text_octets_max));
  TIDEMARK_TRY(mark.reason, reading.text("reason", wire_mark.reason(), event::reason_octets_max));
  TIDEMARK_TRY(mark.author, reading.text("author", wire_mark.author(), event::author_octets_max));
  mark.number = wire_mark.number();
  mark.stopped_change = number_or_zero(wire_mark.stopped_change());
  mark.released = wire_mark.released();
  return mark;
}

Result<event::ControlRecord> read(const wire::SnapshotAnnounce& wire_announce, Reading& reading) {
  event::SnapshotAnnounce announce{.sha256 = {},
                                   .octets = wire_announce.octets(),
                                   .seq = wire_announce.seq(),
                                   .offset = wire_announce.offset(),
                                   .urls = {}};
  TIDEMARK_TRY(announce.sha256, reading.text("sha256", wire_announce.sha256(), sha256_hex_octets));
  const bool is_hex = announce.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (announce.sha256.size() != sha256_hex_octets || !is_hex) {
    return base::fail(base::Errc::Invalid, "sha256: not 64 lower-case hexadecimal digits");
  }
  TIDEMARK_TRY(announce.urls,
               reading.list<std::string>("urls", wire_announce.urls(), urls_max,
                                         [](const flatbuffers::String& url, Reading& all) {
                                           return all.text("url", &url, text_octets_max);
                                         }));
  announce.state_hash = number_or_zero(wire_announce.state_hash());
  TIDEMARK_TRY(announce.controller,
               reading.text("controller", wire_announce.controller(), text_octets_max));
  return announce;
}

Result<event::ControlRecord> read(const wire::Heartbeat& wire_beat, Reading& reading) {
  event::Heartbeat beat{.controller = {}, .number = wire_beat.number()};
  TIDEMARK_TRY(beat.controller,
               reading.text("controller", wire_beat.controller(), text_octets_max));
  if (wire_beat.offset() < 0) return beat;
  TIDEMARK_TRY(beat.chain, reading.digest<32>("chain", wire_beat.chain()));
  beat.seq = wire_beat.seq();
  beat.offset = wire_beat.offset();
  beat.state_hash = number_or_zero(wire_beat.state_hash());
  return beat;
}

Result<event::ControlRecord> read(const wire::LineageSeal& seal) {
  TIDEMARK_TRY(const base::U128 lineage, number("lineage", seal.lineage()));
  TIDEMARK_TRY(const base::U128 successor, number("successor", seal.successor()));
  return event::LineageSeal{lineage, successor, seal.seq()};
}

Result<void> read_texts(const wire::Proposal& from, event::Proposal& held, Reading& reading) {
  TIDEMARK_TRY(held.author, reading.text("author", from.author(), event::author_octets_max));
  TIDEMARK_TRY(held.reason, reading.text("reason", from.reason(), event::reason_octets_max));
  TIDEMARK_TRY(held.refusal, reading.text("refusal", from.refusal(), text_octets_max));
  TIDEMARK_TRY(held.closed_by,
               reading.text("closed_by", from.closed_by(), event::author_octets_max));
  TIDEMARK_TRY(held.closed_reason,
               reading.text("closed_reason", from.closed_reason(), event::reason_octets_max));
  return {};
}

Result<event::ControlRecord> read(const wire::Proposal& from, Reading& reading) {
  using event::ProposalState;
  event::Proposal held;
  TIDEMARK_TRY(held.id, number("id", from.id()));
  TIDEMARK_TRY_VOID(read_texts(from, held, reading));
  TIDEMARK_TRY(held.zones,
               reading.list<std::string>("zones", from.zones(), event::proposal_zones_max,
                                         [](const flatbuffers::String& zone, Reading& all) {
                                           return all.text("zone", &zone, text_octets_max);
                                         }));
  TIDEMARK_TRY(held.change, reading.octets("change", from.change(), event::change_set_octets_max));
  TIDEMARK_TRY(held.state,
               known("state", from.state(),
                     {ProposalState::Open, ProposalState::Approved, ProposalState::Rejected}));
  held.created_ms = from.created_ms();
  held.decided_at_seq = from.decided_at_seq();
  held.closed_ms = from.closed_ms();
  return held;
}

Result<event::ControlRecord> read(const wire::ControlRecord& record, Reading& reading) {
  if (record.control() == nullptr) return base::fail(base::Errc::Invalid, "control: missing");
  switch (record.control_type()) {
    case wire::Control::Pin:       return read(*record.control_as_Pin(), reading);
    case wire::Control::Watermark: return read(*record.control_as_Watermark(), reading);
    case wire::Control::SnapshotAnnounce:
      return read(*record.control_as_SnapshotAnnounce(), reading);
    case wire::Control::Heartbeat:   return read(*record.control_as_Heartbeat(), reading);
    case wire::Control::LineageSeal: return read(*record.control_as_LineageSeal());
    case wire::Control::Proposal:    return read(*record.control_as_Proposal(), reading);
    case wire::Control::NONE:        break;
  }
  return base::fail(base::Errc::Invalid,
                    "control: unknown member " + std::to_string(unsigned(record.control_type())));
}

}  // namespace

base::Bytes encode(const event::ControlRecord& control) {
  flatbuffers::FlatBufferBuilder out(256);
  ControlWriter writer{out};
  const auto value = std::visit(writer, control);
  wire::FinishControlRecordBuffer(out, wire::CreateControlRecord(out, 1, writer.type, value));
  return base::Bytes(out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize());
}

base::Result<event::ControlRecord> decode_control_record(base::ByteView record) {
  TIDEMARK_TRY(const Opened opened, open(record, control_form));
  Reading reading(record.size());
  auto control = read(*wire::GetControlRecord(opened.data()), reading);
  if (!control) return std::unexpected(std::move(control).error().at(control_form.noun));
  return control;
}

}  // namespace tidemark::schemas
