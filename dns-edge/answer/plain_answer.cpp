#include "dns-edge/answer/plain_answer.hpp"

#include <bit>
#include <optional>

#include "dns-edge/answer/locate.hpp"
#include "dns-edge/answer/options.hpp"
#include "dns-edge/answer/response_writer.hpp"

namespace tidemark::edge {

namespace {

using base::ByteView;
using dataset::RrsetView;
using dns::Query;
using dns::Rcode;
using dns::RrType;

constexpr std::uint16_t pointer_tag = 0xc000;

// Of these nothing is special: not in the search, not beside an alias, not in what comes along.
bool is_plain(RrType type) noexcept {
  switch (type) {
    case RrType::A:
    case RrType::Aaaa:
    case RrType::Mx:
    case RrType::Txt:
    case RrType::Srv:
    case RrType::Ptr:
    case RrType::Https: return true;
    default:            return false;
  }
}

bool asks_for_options(const Query& query) noexcept {
  return query.wants_nsid || query.wants_zone_version || query.wants_keepalive ||
         query.wants_tidemark_version;
}

// Expiry of the zone and the note of old answers are the long way's.
bool may_be_old(const dataset::Zone& zone, const Moment& now,
                const AnswerSettings& settings) noexcept {
  if (now.stale_seconds == 0) return false;
  const std::uint32_t threshold = settings.stale_answer_seconds;
  return zone.settings().expire_seconds != 0 || (threshold != 0 && now.stale_seconds >= threshold);
}

// Fills a room that is known to suffice.
class PlainWriter {
 public:
  explicit PlainWriter(std::span<std::uint8_t> room) noexcept : room_(room) {}

  void put(ByteView octets) noexcept {
    std::memcpy(room_.data() + size_, octets.data(), octets.size());
    size_ += octets.size();
  }
  void put_u16(std::uint16_t value) noexcept {
    base::store_u16(room_.data() + size_, value);
    size_ += 2;
  }
  void put_header(const Query& query, Rcode rcode, std::uint16_t answers,
                  std::uint16_t authorities) noexcept {
    const auto copied = query.flags & (dns::opcode_mask | dns::flag_rd);
    put_u16(query.id);
    put_u16(static_cast<std::uint16_t>(dns::flag_qr | dns::flag_aa | copied |
                                       static_cast<std::uint16_t>(rcode)));
    put_u16(1);
    put_u16(answers);
    put_u16(authorities);
    put_u16(query.has_opt ? 1 : 0);
    put(query.question);
  }
  // The beginning of a record that the question's name owns.
  void put_fixed(RrType type, std::uint32_t ttl, std::uint16_t rdata_octets) noexcept {
    put_u16(pointer_tag | dns::header_octets);
    put_u16(static_cast<std::uint16_t>(type));
    put_u16(static_cast<std::uint16_t>(dns::RrClass::In));
    base::store_u32(room_.data() + size_, ttl);
    size_ += 4;
    put_u16(rdata_octets);
  }
  void put_denial(const dataset::Denial& denial, std::size_t apex_at) noexcept {
    const std::size_t at = size_;
    put(denial.record());
    for (std::size_t i = 0; i < denial.pointer_count; ++i) {
      std::uint8_t* const pointer = room_.data() + at + denial.pointers[i];
      base::store_u16(
          pointer, static_cast<std::uint16_t>(pointer_tag | (apex_at + base::load_u16(pointer))));
    }
  }
  void put_opt(const Query& query, ByteView cookie) noexcept {
    if (!query.has_opt) return;
    room_[size_++] = 0;  // the root's name
    put_u16(static_cast<std::uint16_t>(RrType::Opt));
    put_u16(dns::udp_payload_octets);
    put_u16(0);  // extended RCODE, version
    put_u16(query.dnssec_ok ? 0x8000 : 0);
    if (cookie.empty()) return put_u16(0);
    put_u16(static_cast<std::uint16_t>(option_header_octets + cookie.size()));
    put_u16(static_cast<std::uint16_t>(dns::EdnsOption::Cookie));
    put_u16(static_cast<std::uint16_t>(cookie.size()));
    put(cookie);
  }
  std::size_t size() const noexcept { return size_; }

 private:
  std::span<std::uint8_t> room_;
  std::size_t size_ = 0;
};

std::size_t opt_octets(const Query& query, ByteView cookie) noexcept {
  if (!query.has_opt) return 0;
  return opt_octets_min + (cookie.empty() ? 0 : option_header_octets + cookie.size());
}

Reply put_rrset(const Query& query, const RrsetView& rrset, ByteView cookie,
                std::span<std::uint8_t> room) noexcept {
  const std::size_t octets = dns::header_octets + query.question.size() + rrset.rendered().size() +
                             opt_octets(query, cookie);
  if (octets > room.size()) return {};
  PlainWriter out(room);
  out.put_header(query, Rcode::NoError, rrset.count(), 0);
  out.put(rrset.rendered());
  out.put_opt(query, cookie);
  return {out.size(), Rcode::NoError};
}

Reply deny(const Query& query, Rcode rcode, const dataset::Zone& zone, ByteView cookie,
           std::span<std::uint8_t> room) noexcept {
  const dataset::Denial* denial = zone.denial();
  if (denial == nullptr) return {};
  const std::size_t octets = dns::header_octets + query.question.size() + denial->record().size() +
                             opt_octets(query, cookie);
  if (octets > room.size()) return {};
  PlainWriter out(room);
  out.put_header(query, rcode, 0, 1);
  const std::size_t apex_octets = zone.name().wire().size();
  out.put_denial(*denial, dns::header_octets + query.qname_octets - apex_octets);
  out.put_opt(query, cookie);
  return {out.size(), rcode};
}

Reply put_members(const Query& query, const consumer::Snapshot& snapshot,
                  const RrsetView& reference, ByteView cookie,
                  std::span<std::uint8_t> room) noexcept {
  const bool v4 = query.qtype == RrType::A;
  if (!v4 && query.qtype != RrType::Aaaa) return {};
  const auto pool = snapshot.dataset.find_pool(reference.first_rdata());
  if (!pool) return {};
  const auto& masks = snapshot.health.masks(pool->slot());
  std::uint64_t chosen =
      v4 ? masks.answer_v4 & pool->members_v4() : masks.answer_v6 & pool->members_v6();
  if (chosen == 0) return {};
  const auto members = static_cast<std::uint16_t>(std::popcount(chosen));
  const std::size_t each = dataset::rendered_fixed_octets + (v4 ? 4u : 16u);
  const std::size_t octets =
      dns::header_octets + query.question.size() + members * each + opt_octets(query, cookie);
  if (octets > room.size()) return {};
  PlainWriter out(room);
  out.put_header(query, Rcode::NoError, members, 0);
  for (; chosen != 0; chosen &= chosen - 1) {
    out.put_fixed(query.qtype, reference.ttl().value(), v4 ? 4 : 16);
    out.put(pool->address(static_cast<std::size_t>(std::countr_zero(chosen))));
  }
  out.put_opt(query, cookie);
  return {out.size(), Rcode::NoError};
}

}  // namespace

Reply put_plain_answer(const Arrival& arrival, const consumer::Snapshot& snapshot, ByteView cookie,
                       const Moment& now, const AnswerSettings& settings,
                       std::span<std::uint8_t> room) noexcept {
  const Query& query = arrival.query();
  if (!arrival.is_looked_for() || !is_plain(query.qtype) || asks_for_options(query)) return {};
  const auto& zone = arrival.lookup().zone();
  if (!zone || may_be_old(*zone, now, settings)) return {};
  const Match match = arrival.match();
  if (match.kind == MatchKind::NoName) return deny(query, Rcode::NxDomain, *zone, cookie, room);
  if (match.kind != MatchKind::Name && match.kind != MatchKind::Wildcard) return {};
  if (match.node.owns_cname()) return {};
  if (match.node.owns_pool()) {
    return put_members(query, snapshot, *match.node.find(RrType::Pool), cookie, room);
  }
  if (const auto rrset = match.node.find(query.qtype))
    return put_rrset(query, *rrset, cookie, room);
  return deny(query, Rcode::NoError, *zone, cookie, room);
}

}  // namespace tidemark::edge
