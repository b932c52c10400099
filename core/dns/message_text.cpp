#include <utility>

#include "core/dns/encodings.hpp"
#include "core/dns/message.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {

namespace {

using base::Reader;

std::string flags_text(std::uint16_t flags) {
  constexpr std::pair<std::uint16_t, std::string_view> names[] = {
      {flag_qr, " qr"}, {flag_aa, " aa"}, {flag_tc, " tc"}, {flag_rd, " rd"},
      {flag_ra, " ra"}, {flag_ad, " ad"}, {flag_cd, " cd"},
  };
  std::string text;
  for (const auto& [flag, name] : names) {
    if ((flags & flag) != 0) text += name;
  }
  return text;
}

// RDATA of a message may be malformed; then it is shown as octets.
std::string rdata_text(const MessageRecord& record) {
  if (const auto canonical = canonical_rdata(record.type, record.rdata)) {
    return rdata_to_text(record.type, *canonical);
  }
  std::string text = "\\# " + std::to_string(record.rdata.size()) + " ";
  append_hex(text, record.rdata);
  return text;
}

void append_record(std::string& text, const MessageRecord& record) {
  text += name_octets_to_text(base::as_bytes(record.owner_as_sent));
  text += " " + std::to_string(record.ttl) + " " + to_text(record.rr_class) + " " +
          to_text(record.type) + " " + rdata_text(record) + "\n";
}

void append_opt(std::string& text, const MessageRecord& opt) {
  const bool dnssec_ok = (opt.ttl & 0x8000) != 0;
  text += ";; EDNS version " + std::to_string(opt.ttl >> 16 & 0xff) +
          (dnssec_ok ? ", flags do" : "") + ", payload " +
          std::to_string(std::to_underlying(opt.rr_class)) + "\n";
  Reader in(opt.rdata);
  while (!in.at_end()) {
    const auto code = in.take_u16();
    const auto length = in.take_u16();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!code || !value) break;
    text += ";; option " + std::to_string(*code) + " ";
    append_hex(text, *value);
    text += "\n";
  }
}

void append_section(std::string& text, std::string_view title,
                    const std::vector<MessageRecord>& records) {
  bool titled = false;
  for (const MessageRecord& record : records) {
    if (record.type == RrType::Opt) {
      append_opt(text, record);
      continue;
    }
    if (!titled) text.append(";; ").append(title).append("\n");
    titled = true;
    append_record(text, record);
  }
}

void append_question(std::string& text, base::ByteView question) {
  const std::size_t octets = wire_length(question);
  if (octets == 0 || question.size() < octets + 4) return;
  text += ";; question\n;" + name_octets_to_text(question.first(octets)) + " " +
          to_text(static_cast<RrClass>(base::load_u16(&question[octets + 2]))) + " " +
          to_text(static_cast<RrType>(base::load_u16(&question[octets]))) + "\n";
}

}  // namespace

std::string to_text(const Message& message) {
  std::string text = ";; id " + std::to_string(message.id) + ", opcode " +
                     std::to_string((message.flags & opcode_mask) >> opcode_shift) + ", status " +
                     to_text(message.rcode()) + ", flags" + flags_text(message.flags) + "\n";
  append_question(text, message.question);
  append_section(text, "answer", message.answer);
  append_section(text, "authority", message.authority);
  append_section(text, "additional", message.additional);
  return text;
}

}  // namespace tidemark::dns
