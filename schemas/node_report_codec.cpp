#include "core/event/node_report.hpp"
#include "node_report_generated.h"
#include "schemas/codec.hpp"
#include "schemas/opening.hpp"

namespace tidemark::schemas {

namespace {

using base::Result;

constexpr RecordForm node_report_form{"node report", "TMNR", node_report_octets_max,
                                      wire::VerifyNodeReportBuffer};

Result<event::Nack> read(const wire::Nack& nack, Reading& reading) {
  TIDEMARK_TRY(const base::U128 change_id, number("change_id", nack.change_id()));
  TIDEMARK_TRY(std::string reason, reading.text("reason", nack.reason(), text_octets_max));
  return event::Nack{nack.offset(), change_id, std::move(reason)};
}

Result<void> read_texts(const wire::NodeReport& from, event::NodeReport& report, Reading& reading) {
  TIDEMARK_TRY(report.node, reading.text("node", from.node(), text_octets_max));
  TIDEMARK_TRY(report.ring, reading.text("ring", from.ring(), text_octets_max));
  TIDEMARK_TRY(report.build, reading.text("build", from.build(), text_octets_max));
  TIDEMARK_TRY(report.dns_listen, reading.text("dns_listen", from.dns_listen(), text_octets_max));
  TIDEMARK_TRY(report.admin_listen,
               reading.text("admin_listen", from.admin_listen(), text_octets_max));
  TIDEMARK_TRY(report.pin_scope, reading.text("pin_scope", from.pin_scope(), text_octets_max));
  TIDEMARK_TRY(report.pin_trouble,
               reading.text("pin_trouble", from.pin_trouble(), text_octets_max));
  TIDEMARK_TRY(report.durable_sha256,
               reading.text("durable_sha256", from.durable_sha256(), text_octets_max));
  TIDEMARK_TRY(report.snapshot_url,
               reading.text("snapshot_url", from.snapshot_url(), text_octets_max));
  TIDEMARK_TRY(report.trouble, reading.text("trouble", from.trouble(), text_octets_max));
  return {};
}

void read_younger(const wire::NodeReport& from, event::NodeReport& report) {
  report.pin_seq = from.pin_seq();
  report.instance = number_or_zero(from.instance());
  report.appended_ms = from.appended_ms();
  report.durable_seq = from.durable_seq();
  report.rebuilds = from.rebuilds();
  report.rebuilt_seq = from.rebuilt_seq();
  report.rebuilt_from_hash = number_or_zero(from.rebuilt_from_hash());
  report.rebuilt_to_hash = number_or_zero(from.rebuilt_to_hash());
  report.answers = from.answers();
  report.servfail = from.servfail();
  report.nxdomain = from.nxdomain();
  report.held_before_seq = from.held_before_seq();
  report.wants_withdrawal = from.wants_withdrawal();
}

Result<event::NodeReport> read(const wire::NodeReport& from, Reading& reading) {
  using event::NodeState;
  event::NodeReport report;
  TIDEMARK_TRY_VOID(read_texts(from, report, reading));
  TIDEMARK_TRY(report.state, known("state", from.state(),
                                   {NodeState::Cold, NodeState::Restored, NodeState::CatchingUp,
                                    NodeState::Live, NodeState::Diverged, NodeState::Halted}));
  TIDEMARK_TRY(report.lineage, number("lineage", from.lineage()));
  TIDEMARK_TRY(report.state_hash, number("state_hash", from.state_hash()));
  TIDEMARK_TRY(report.chain, reading.digest<32>("chain", from.chain()));
  TIDEMARK_TRY(report.nacks, reading.list<event::Nack>("nacks", from.nacks(), event::nacks_max,
                                                       [](const wire::Nack& nack, Reading& all) {
                                                         return read(nack, all);
                                                       }));
  report.staged_seq = from.staged_seq();
  report.active_seq = from.active_seq();
  report.offset = from.offset();
  report.health_offset = from.health_offset();
  report.accepted = from.accepted();
  report.rejected = from.rejected();
  report.undecodable = from.undecodable();
  report.started_ms = from.started_ms();
  read_younger(from, report);
  return report;
}

}  // namespace

base::Bytes encode(const event::NodeReport& report) {
  flatbuffers::FlatBufferBuilder out(512);
  const auto text = [&out](const std::string& value) {
    return value.empty() ? flatbuffers::Offset<flatbuffers::String>() : out.CreateString(value);
  };
  std::vector<flatbuffers::Offset<wire::Nack>> nacks;
  for (const event::Nack& nack : report.nacks) {
    const auto reason = text(nack.reason);
    const wire::U128 change_id(nack.change_id.high, nack.change_id.low);
    nacks.push_back(wire::CreateNack(out, nack.offset, &change_id, reason));
  }
  const auto nack_list = out.CreateVector(nacks);
  const auto node = text(report.node);
  const auto ring = text(report.ring);
  const auto chain = out.CreateVector(report.chain.data(), report.chain.size());
  const auto build = text(report.build);
  const auto dns_listen = text(report.dns_listen);
  const auto admin_listen = text(report.admin_listen);
  const auto pin_scope = text(report.pin_scope);
  const auto pin_trouble = text(report.pin_trouble);
  const auto durable_sha256 = text(report.durable_sha256);
  const auto snapshot_url = text(report.snapshot_url);
  const auto trouble = text(report.trouble);
  const NumberOrAbsent<wire::U128> instance(report.instance);
  const NumberOrAbsent<wire::U128> rebuilt_from(report.rebuilt_from_hash);
  const NumberOrAbsent<wire::U128> rebuilt_to(report.rebuilt_to_hash);
  const wire::U128 lineage(report.lineage.high, report.lineage.low);
  const wire::U128 state_hash(report.state_hash.high, report.state_hash.low);
  const auto root = wire::CreateNodeReport(
      out, 1, node, ring, static_cast<wire::NodeState>(report.state), &lineage, report.staged_seq,
      report.active_seq, &state_hash, report.offset, chain, report.health_offset, report.accepted,
      report.rejected, report.undecodable, report.started_ms, build, dns_listen, admin_listen,
      nack_list, pin_scope, report.pin_seq, pin_trouble, instance.get(), report.appended_ms,
      report.durable_seq, durable_sha256, snapshot_url, report.rebuilds, report.rebuilt_seq,
      rebuilt_from.get(), rebuilt_to.get(), trouble, report.answers, report.servfail,
      report.nxdomain, report.held_before_seq, report.wants_withdrawal);
  wire::FinishNodeReportBuffer(out, root);
  return base::Bytes(out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize());
}

base::Result<event::NodeReport> decode_node_report(base::ByteView record) {
  TIDEMARK_TRY(const Opened opened, open(record, node_report_form));
  Reading reading(record.size());
  auto report = read(*wire::GetNodeReport(opened.data()), reading);
  if (!report) return std::unexpected(std::move(report).error().at(node_report_form.noun));
  return report;
}

}  // namespace tidemark::schemas
