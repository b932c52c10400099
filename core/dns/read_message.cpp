// The tolerant reader of whole messages, for tools and tests. Pointers are followed, each to a
// place before the one that it stands at: so every name ends.
#include <array>
#include <utility>

#include "core/dns/message.hpp"
#include "core/dns/rdata_fields.hpp"
#include "core/dns/rdata_rules.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::uint8_t pointer_tag = 0xc0;  // RFC 1035 section 4.1.4

// The name at wire[at], decompressed; `at` moves behind what stands there.
Result<NameOctets> take_name(ByteView wire, std::size_t& at) {
  NameOctets name;
  std::size_t from = at;   // where the next label is read
  std::size_t limit = at;  // a pointer must lead before this
  bool jumped = false;
  for (;;) {
    if (from >= wire.size()) return base::fail(Errc::Invalid, "name cut short");
    const std::uint8_t length = wire[from];
    if ((length & pointer_tag) == pointer_tag) {
      if (from + 2 > wire.size()) return base::fail(Errc::Invalid, "pointer cut short");
      const std::size_t target = base::load_u16(&wire[from]) & 0x3fffu;
      if (!jumped) at = from + 2;
      jumped = true;
      if (target >= limit) return base::fail(Errc::Invalid, "pointer that does not lead back");
      from = limit = target;
      continue;
    }
    if (length > label_octets_max) return base::fail(Errc::Invalid, "unknown label type");
    if (from + length + 1 > wire.size()) return base::fail(Errc::Invalid, "label cut short");
    if (name.size + length + 1 > name_octets_max) {
      return base::fail(Errc::Invalid, "name longer than 255 octets");
    }
    for (const std::uint8_t octet : wire.subspan(from, length + std::size_t{1})) {
      name.octets[name.size++] = octet;
    }
    from += length + std::size_t{1};
    if (length == 0) break;
  }
  if (!jumped) at = from;
  return name;
}

bool is_name(Field field) noexcept { return field == Field::Name || field == Field::NameAsSent; }

// RDATA at wire[begin, end) with its names decompressed.
Result<Bytes> decompressed(const RdataRule& rule, ByteView wire, std::size_t begin,
                           std::size_t end) {
  const ByteView upto_end = wire.first(end);
  Writer out;
  std::size_t at = begin;
  for (const RuleField& part : rule.fields) {
    if (part.field == Field::None) break;
    if (is_name(part.field)) {
      TIDEMARK_TRY(const NameOctets name, take_name(upto_end, at));
      out.put(name.view());
      continue;
    }
    Reader in(upto_end.subspan(at));
    Writer canonical;
    TIDEMARK_TRY_VOID(form_of(part.field).check(in, canonical));
    out.put(upto_end.subspan(at, in.position()));
    at += in.position();
  }
  if (at != end) return base::fail(Errc::Invalid, "octets left over");
  return std::move(out).take();
}

class WholeReader {
 public:
  explicit WholeReader(ByteView wire) : wire_(wire) {}

  Result<Message> read() {
    if (wire_.size() < header_octets) return base::fail(Errc::Invalid, "fewer than 12 octets");
    const auto word = [&](std::size_t at) { return base::load_u16(&wire_[at]); };
    at_ = header_octets;
    TIDEMARK_TRY(const ByteView question, questions(word(4)));
    TIDEMARK_TRY(auto answer, section("answer", word(6)));
    TIDEMARK_TRY(auto authority, section("authority", word(8)));
    TIDEMARK_TRY(auto additional, section("additional", word(10)));
    if (at_ != wire_.size()) return base::fail(Errc::Invalid, "octets behind the message");
    return Message{word(0),
                   word(2),
                   Bytes(question.begin(), question.end()),
                   word(4),
                   std::move(answer),
                   std::move(authority),
                   std::move(additional)};
  }

 private:
  Result<ByteView> questions(std::uint16_t count) {
    const std::size_t begin = at_;
    for (std::uint16_t i = 0; i < count; ++i) {
      auto name = take_name(wire_, at_);
      if (!name) return std::unexpected(std::move(name).error().at("question"));
      if (wire_.size() - at_ < 4) return base::fail(Errc::Invalid, "question: cut short");
      at_ += 4;
    }
    return wire_.subspan(begin, at_ - begin);
  }

  Result<std::vector<MessageRecord>> section(std::string_view name, std::uint16_t count) {
    std::vector<MessageRecord> records;
    for (std::uint16_t i = 0; i < count; ++i) {
      auto one = record();
      if (!one) {
        const std::string place = std::string(name) + " " + std::to_string(i + 1);
        return std::unexpected(std::move(one).error().at(place));
      }
      records.push_back(*std::move(one));
    }
    return records;
  }

  Result<MessageRecord> record() {
    TIDEMARK_TRY(const NameOctets owner, take_name(wire_, at_));
    Reader in(wire_.subspan(at_));
    const auto type = in.take_u16();
    const auto rr_class = in.take_u16();
    const auto ttl = in.take_u32();
    const auto length = in.take_u16();
    const bool whole = type && rr_class && ttl && length && in.left() >= *length;
    if (!whole) return base::fail(Errc::Invalid, "record cut short");
    const std::size_t begin = at_ + in.position();
    at_ = begin + *length;
    TIDEMARK_TRY(Name name, Name::from_wire(owner.view()));
    TIDEMARK_TRY(Bytes rdata, rdata_at(static_cast<RrType>(*type), begin));
    return MessageRecord{std::move(name),
                         std::string(base::as_text(owner.view())),
                         static_cast<RrType>(*type),
                         static_cast<RrClass>(*rr_class),
                         *ttl,
                         std::move(rdata)};
  }

  // From `begin` to the reader's place.
  Result<Bytes> rdata_at(RrType type, std::size_t begin) const {
    const RdataRule* rule = rule_of(type);
    if (rule != nullptr) return decompressed(*rule, wire_, begin, at_);
    const ByteView raw = wire_.subspan(begin, at_ - begin);
    return Bytes(raw.begin(), raw.end());
  }

  ByteView wire_;
  std::size_t at_ = 0;
};

}  // namespace

Rcode Message::rcode() const {
  unsigned code = flags & rcode_mask;
  for (const MessageRecord& record : additional) {
    if (record.type == RrType::Opt) code |= record.ttl >> 24 << 4;
  }
  return static_cast<Rcode>(code);
}

Result<Message> read_message(ByteView wire) { return WholeReader(wire).read(); }

}  // namespace tidemark::dns
