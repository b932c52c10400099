#include "tests/support/dns_world.hpp"

#include "core/base/check.hpp"
#include "core/dataset/editor.hpp"
#include "core/dns/master_file.hpp"
#include "core/dns/rdata.hpp"
#include "core/event/health_frame.hpp"

namespace tidemark::support {

namespace {

event::Endpoint endpoint(std::string id, event::Address::Family family) {
  return event::Endpoint{std::move(id), event::Address{family, {}}};
}

const dns::MessageRecord* opt_of(const dns::Message& message) {
  for (const auto& record : message.additional) {
    if (record.type == dns::RrType::Opt) return &record;
  }
  return nullptr;
}

}  // namespace

DnsWorld::DnsWorld()
    : dataset_(
          dataset::Dataset::empty(dataset::Lineage(base::U128{1, 2}), dataset::HashSeed(0x5eed))) {}

DnsWorld& DnsWorld::zone(std::string_view master_file) {
  const auto file = dns::read_master_file(master_file);
  TIDEMARK_CHECK(file.has_value(), "the master file of a test is sound");
  dataset::Editor editor(dataset_);
  const dns::NameView apex = file->origin.view();
  if (editor.find_zone(apex)) editor.delete_zone(apex);
  editor.create_zone(apex);
  std::uint32_t serial = 0;
  for (const dns::Rrset& rrset : file->rrsets) {
    editor.put_rrset(apex, rrset);
    if (rrset.type != dns::RrType::Soa) continue;
    const base::ByteView numbers = base::ByteView(rrset.rdata.front()).last(20);
    serial = base::load_u32(numbers.data());
  }
  const std::uint64_t seq = editor.next_seq().value();
  editor.touch_zone(apex, dns::Serial(serial), event::ZoneSeq(seq));
  dataset_ = std::move(editor).finish();
  return *this;
}

DnsWorld& DnsWorld::settings(std::string_view zone, const dataset::ZoneSettings& settings) {
  dataset::Editor editor(dataset_);
  editor.put_settings(*dns::Name::parse(zone), settings);
  dataset_ = std::move(editor).finish();
  return *this;
}

DnsWorld& DnsWorld::pool(const event::Pool& pool) {
  dataset::Editor editor(dataset_);
  editor.put_pool(pool);
  dataset_ = std::move(editor).finish();
  return *this;
}

DnsWorld& DnsWorld::down(std::string_view pool, std::string_view endpoint) {
  event::HealthFrame frame;
  frame.prober = "vantage";
  frame.number = static_cast<std::uint64_t>(++frames_);
  frame.observations.push_back(
      {std::string(pool), std::string(endpoint), event::Observed::Down, "test"});
  observations_.apply(frame, 1000 + frames_);
  return *this;
}

consumer::Snapshot DnsWorld::snapshot() const {
  return {dataset_, health::HealthView::freeze(dataset_, observations_, frames_ - 1)};
}

event::Endpoint endpoint_v4(std::string id, std::array<std::uint8_t, 4> octets) {
  event::Endpoint made = endpoint(std::move(id), event::Address::Family::V4);
  std::ranges::copy(octets, made.address.octets.begin());
  return made;
}

event::Endpoint endpoint_v6(std::string id, std::array<std::uint8_t, 16> octets) {
  event::Endpoint made = endpoint(std::move(id), event::Address::Family::V6);
  made.address.octets = octets;
  return made;
}

base::Bytes to_wire(const Question& question) {
  const std::uint8_t root[] = {0};
  const auto name = dns::name_octets_from_text(question.name, dns::NameView::trusted(root));
  TIDEMARK_CHECK(name.has_value(), "the name of a test's question is sound");
  base::Writer out;
  out.put_u16(question.id);
  out.put_u16(question.flags);
  for (const int count : {1, 0, 0, question.payload ? 1 : 0}) {
    out.put_u16(static_cast<std::uint16_t>(count));
  }
  out.put(name->view());
  out.put_u16(static_cast<std::uint16_t>(question.type));
  out.put_u16(static_cast<std::uint16_t>(question.rr_class));
  if (!question.payload) return std::move(out).take();
  out.put_u8(0);
  out.put_u16(static_cast<std::uint16_t>(dns::RrType::Opt));
  out.put_u16(*question.payload);
  out.put_u8(0);
  out.put_u8(question.edns_version);
  out.put_u16(question.edns_flags);
  const std::size_t length_at = out.size();
  out.put_u16(0);
  for (const auto& [code, value] : question.options) {
    out.put_u16(code);
    out.put_u16(static_cast<std::uint16_t>(value.size()));
    out.put(value);
  }
  out.patch_u16(length_at, static_cast<std::uint16_t>(out.size() - length_at - 2));
  return std::move(out).take();
}

std::vector<std::string> lines_of(const std::vector<dns::MessageRecord>& records) {
  std::vector<std::string> lines;
  for (const auto& record : records) {
    if (record.type == dns::RrType::Opt) continue;
    lines.push_back(record.owner.to_text() + " " + std::to_string(record.ttl) + " " +
                    dns::to_text(record.type) + " " +
                    dns::rdata_to_text(record.type, record.rdata));
  }
  return lines;
}

std::optional<base::Bytes> option_of(const dns::Message& message, std::uint16_t code) {
  const dns::MessageRecord* opt = opt_of(message);
  if (opt == nullptr) return std::nullopt;
  base::Reader in(opt->rdata);
  while (const auto option = in.take_u16()) {
    const auto length = in.take_u16();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) return std::nullopt;
    if (*option == code) return base::Bytes(value->begin(), value->end());
  }
  return std::nullopt;
}

bool has_opt(const dns::Message& message) { return opt_of(message) != nullptr; }

}  // namespace tidemark::support
