#include "dns-edge/answer/explain.hpp"

#include "core/dns/encodings.hpp"
#include "core/dns/rdata.hpp"
#include "dns-edge/answer/explain_steps.hpp"

namespace tidemark::edge {

namespace {

using base::Bytes;
using base::ByteView;
using dns::Message;
using dns::MessageRecord;
using dns::RrType;

constexpr std::size_t opt_octets = 11;  // an OPT without options, at the end of the query
constexpr std::size_t opt_flags_at = 7;
constexpr std::uint8_t dnssec_ok = 0x80;

Bytes query_of(const WhyQuestion& question) {
  Bytes query = dns::make_query(0, question.name, question.type, question.payload_octets);
  if (question.dnssec && question.payload_octets != 0) {
    query[query.size() - opt_octets + opt_flags_at] |= dnssec_ok;
  }
  return query;
}

std::string line_of(const MessageRecord& record) {
  std::string line = dns::name_octets_to_text(base::as_bytes(record.owner_as_sent)) + " " +
                     std::to_string(record.ttl) + " " + dns::to_text(record.rr_class) + " " +
                     dns::to_text(record.type) + " ";
  if (const auto canonical = dns::canonical_rdata(record.type, record.rdata)) {
    return line + dns::rdata_to_text(record.type, *canonical);
  }
  line += "\\# " + std::to_string(record.rdata.size()) + " ";
  dns::append_hex(line, record.rdata);
  return line;
}

std::vector<std::string> lines_of(const std::vector<MessageRecord>& records) {
  std::vector<std::string> lines;
  for (const MessageRecord& record : records) {
    if (record.type != RrType::Opt) lines.push_back(line_of(record));
  }
  return lines;
}

std::string flags_of(const Message& message) {
  constexpr std::pair<std::uint16_t, std::string_view> names[] = {
      {dns::flag_qr, "qr"}, {dns::flag_aa, "aa"}, {dns::flag_tc, "tc"}, {dns::flag_rd, "rd"}};
  std::string text;
  for (const auto& [flag, name] : names) {
    if ((message.flags & flag) != 0) text.append(text.empty() ? "" : " ").append(name);
  }
  return text;
}

std::optional<std::uint16_t> extended_error_of(const Message& message) {
  for (const MessageRecord& record : message.additional) {
    if (record.type != RrType::Opt) continue;
    base::Reader in(record.rdata);
    while (!in.at_end()) {
      const auto code = in.take_u16();
      const auto length = in.take_u16();
      const auto value = length ? in.take(*length) : std::nullopt;
      if (!code || !value) break;
      const bool wanted = *code == static_cast<std::uint16_t>(dns::EdnsOption::ExtendedError);
      if (wanted && value->size() >= 2) return base::load_u16(value->data());
    }
  }
  return std::nullopt;
}

void put_message(Explanation& shown, ByteView wire) {
  const auto message = dns::read_message(wire);
  if (!message) return;  // silence: there is nothing to show
  shown.status = dns::to_text(message->rcode());
  shown.flags = flags_of(*message);
  shown.extended_error = extended_error_of(*message);
  shown.answer = lines_of(message->answer);
  shown.authority = lines_of(message->authority);
  shown.additional = lines_of(message->additional);
  shown.message = dns::to_text(*message);
}

void put_version(Explanation& shown, const consumer::Snapshot& snapshot) {
  const dataset::Version version = snapshot.dataset.version();
  shown.lineage = base::to_hex(version.lineage.value());
  shown.seq = version.seq.value();
  shown.state_hash = base::to_hex(version.state_hash.value());
  shown.health_position = snapshot.health.position();
  shown.health_ms = snapshot.health.log_ms();
}

// What a meta type is there for; empty for all others.
std::string_view meaning_of_meta(RrType type) noexcept {
  switch (type) {
    case RrType::Axfr:
    case RrType::Ixfr:   return "asks for a transfer of a zone, which edges refuse";
    case RrType::Maila:
    case RrType::Mailb:  return "asks for several obsolete types at once, which edges do not do";
    case RrType::Opt:
    case RrType::Tsig:
    case RrType::Tkey:   return "belongs to a message, not to a name";
    case RrType::Nxname: return "marks names that do not exist (RFC 9824) and is never asked for";
    default:             return "";
  }
}

}  // namespace

base::Result<RrType> explainable_type(std::string_view text) {
  const auto type = dns::rr_type_from_text(text);
  if (!type) {
    return base::fail(base::Errc::Invalid,
                      std::string(text) + " is no record type; write A, MX, TXT, ... or TYPE123");
  }
  if (const std::string_view meaning = meaning_of_meta(*type); !meaning.empty()) {
    return base::fail(base::Errc::Invalid,
                      dns::to_text(*type).append(" is a meta type: it ").append(meaning) +
                          "; ask for a type of data, or for ANY");
  }
  return *type;
}

Explanation explain(const WhyQuestion& question, const consumer::Snapshot& snapshot,
                    const AnswerSettings& settings, const Moment& now) {
  const bool udp = question.client.transport == Transport::Udp;
  Bytes room(udp ? dns::udp_payload_octets : dns::message_octets_max);
  Trace trace;
  const Reply reply =
      respond(query_of(question), question.client, now, snapshot, settings, room, &trace);
  Explanation shown;
  put_version(shown, snapshot);
  put_message(shown, ByteView(room).first(reply.octets));
  shown.octets = reply.octets;
  shown.octets_max = trace.octets_max;
  shown.truncated = reply.truncated;
  shown.additional_required = trace.additional_required;
  shown.additional_optional = trace.additional_optional;
  shown.rrsets_left_out = trace.rrsets_left_out;
  put_steps(shown, trace, question, snapshot, reply);
  return shown;
}

}  // namespace tidemark::edge
