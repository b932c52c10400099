#include "core/dataset/denial.hpp"

#include <algorithm>

#include "core/dataset/node.hpp"

namespace tidemark::dataset {

namespace {

using base::ByteView;
using dns::NameView;

constexpr std::size_t soa_numbers_octets = 20;
constexpr std::size_t record_octets_max = 2 + 10 + 2 * dns::name_octets_max + soa_numbers_octets;

// Writes the record and notes where its pointers stand.
class DenialWriter {
 public:
  explicit DenialWriter(NameView apex) noexcept : apex_(apex) {}

  void put_pointer(std::size_t apex_offset) noexcept {
    pointers_[pointer_count_++] = static_cast<std::uint16_t>(out_.size());
    out_.put_u16(static_cast<std::uint16_t>(apex_offset));
  }
  // The longest end of `name` that is an end of the apex too becomes a pointer.
  void put_name(NameView name) noexcept {
    for (NameView end = name; !end.is_root(); end = end.parent()) {
      if (!apex_.is_at_or_below(end)) continue;
      out_.put(name.wire().first(name.wire().size() - end.wire().size()));
      put_pointer(apex_.wire().size() - end.wire().size());
      return;
    }
    out_.put(name.wire());
  }
  base::FixedWriter& out() noexcept { return out_; }
  Denial* finish(Store& store) const {
    auto* denial = store.allocate<Denial>(sizeof(Denial) + out_.size());
    denial->pointers = pointers_;
    denial->pointer_count = pointer_count_;
    std::memcpy(denial + 1, out_.view().data(), out_.size());
    return denial;
  }

 private:
  NameView apex_;
  std::array<std::uint8_t, record_octets_max> octets_;
  base::FixedWriter out_{octets_};
  std::array<std::uint16_t, Denial::pointers_max> pointers_{};
  std::uint16_t pointer_count_ = 0;
};

}  // namespace

Denial* make_denial(Store& store, NameView apex, const RrsetView& soa) {
  const ByteView rdata = soa.first_rdata();
  const auto primary = NameView::trusted(rdata.first(dns::wire_length(rdata)));
  const ByteView rest = rdata.subspan(primary.wire().size());
  const auto mailbox = NameView::trusted(rest.first(dns::wire_length(rest)));
  const std::uint32_t minimum = base::load_u32(rdata.last(4).data());
  DenialWriter writer(apex);
  base::FixedWriter& out = writer.out();
  writer.put_pointer(0);
  out.put_u16(static_cast<std::uint16_t>(dns::RrType::Soa));
  out.put_u16(static_cast<std::uint16_t>(dns::RrClass::In));
  out.put_u32(std::min(soa.ttl().value(), minimum));  // RFC 2308 section 3
  const std::size_t length_at = out.size();
  out.put_u16(0);
  writer.put_name(primary);
  writer.put_name(mailbox);
  out.put(rest.last(soa_numbers_octets));
  out.patch_u16(length_at, static_cast<std::uint16_t>(out.size() - length_at - 2));
  return writer.finish(store);
}

}  // namespace tidemark::dataset
