// ResponseWriter: puts one response together: header, question, whole RRsets by section, OPT.
//
// It knows nothing of zones. Records go in while there is room; once something did not fit it stays
// overflowed, and the caller decides: back to a mark, or truncate(). The last octets of the room
// are kept for the OPT, so that a response can always have one.
//
// Names are compressed against names that stand literally in the message (Placed): owners always,
// names in RDATA where RFC 1035 allows it. Pointers only go backwards.
//
// Requires  room for at least dns::header_octets; sections are filled in their order.
// Cost      No allocation. An RRset of the question's own name is one copy.
// RFC       1035 section 4, 2181 section 9 (whole RRsets), 6891 (OPT)
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/bytes.hpp"
#include "core/dataset/node.hpp"
#include "core/dns/message.hpp"
#include "core/dns/name.hpp"

namespace tidemark::edge {

constexpr std::size_t opt_octets_min = 11;

// A name that stands uncompressed in the message at `at`, or ends in a pointer there.
struct Placed {
  dns::NameView name;
  std::size_t at;
};

// The end `end` of a placed name. Names are compressed against the shortest end that serves: the
// question may have 127 labels.
inline Placed end_of(const Placed& known, dns::NameView end) noexcept {
  return {end, known.at + known.name.wire().size() - end.wire().size()};
}

enum class Section : std::uint8_t { Answer, Authority, Additional };

class ResponseWriter {
 public:
  // Header and question are written at once; `question` may be empty. Keeps octets for an OPT iff
  // the query has one.
  ResponseWriter(std::span<std::uint8_t> room, const dns::Query& query,
                 base::ByteView question) noexcept;

  Placed question_name() const noexcept { return {query_.qname(), dns::header_octets}; }

  // All records of `rrset`, owned by `owner`: a name at or above `known`, so a pointer does.
  void put_rrset(Section section, const dataset::RrsetView& rrset, dns::NameView owner,
                 const Placed& known) noexcept;
  // The same for an owner that need not be an end of `known`: as short as it gets. `whole`: where
  // it stands already, 0 if nowhere.
  void put_elsewhere(Section section, const dataset::RrsetView& rrset, dns::NameView owner,
                     const Placed& known, std::size_t whole = 0) noexcept;
  // As put_rrset, of NS: its RDATA is one name, which may be compressed.
  void put_ns(Section section, const dataset::RrsetView& rrset, dns::NameView owner,
              const Placed& known) noexcept;
  // Where put_ns wrote the name of its record `index`; 0 if that is no more than a pointer.
  std::size_t target_place(std::size_t index) const noexcept {
    return index < targets_ ? target_places_[index] : 0;
  }
  // One record; returns where its RDATA stands.
  std::size_t put_record(Section section, dns::NameView owner, const Placed& known,
                         dns::RrType type, std::uint32_t ttl, base::ByteView rdata) noexcept;
  // A CNAME to `prefix` followed by `suffix`, uncompressed: the next owner is found there.
  Placed put_cname(dns::NameView owner, const Placed& known, std::uint32_t ttl,
                   base::ByteView prefix, dns::NameView suffix) noexcept;
  void put_soa(dns::NameView owner, const Placed& known, std::uint32_t ttl,
               base::ByteView rdata) noexcept;
  // A CHAOS TXT record of the question's name.
  void put_chaos_text(std::string_view text) noexcept;

  bool overflowed() const noexcept { return body_.overflowed(); }
  std::size_t room() const noexcept { return body_.room(); }
  struct Mark {
    std::size_t size;
    std::array<std::uint16_t, 3> counts;
  };
  Mark mark() const noexcept { return {body_.size(), counts_}; }
  void rewind(const Mark& mark) noexcept;
  void drop_records() noexcept;  // back to header and question

  // `options`: encoded, at most the room that was left. `flags`: AA and TC.
  std::size_t finish(std::uint16_t flags, dns::Rcode rcode, base::ByteView options) noexcept;
  // Header and question only, whatever the query had.
  std::size_t finish_without_opt(std::uint16_t flags, dns::Rcode rcode) noexcept;
  // The same with an unsigned TSIG that says BADKEY (RFC 8945 section 5.3.2).
  std::size_t finish_with_bad_key(dns::Rcode rcode) noexcept;

 private:
  void put_opt(dns::Rcode rcode, base::ByteView options, base::FixedWriter& out) noexcept;
  void put_owner(dns::NameView owner, const Placed& known) noexcept;
  void put_name(dns::NameView name, const Placed& known) noexcept;
  void put_fixed(dns::RrType type, std::uint32_t ttl) noexcept;
  void count(Section section, std::uint16_t records) noexcept {
    counts_[static_cast<std::size_t>(section)] =
        static_cast<std::uint16_t>(counts_[static_cast<std::size_t>(section)] + records);
  }
  void write_header(std::uint16_t flags, dns::Rcode rcode) noexcept;

  const dns::Query& query_;
  std::span<std::uint8_t> room_;
  base::FixedWriter body_;
  std::size_t question_end_ = dns::header_octets;
  std::uint16_t questions_ = 0;
  std::array<std::uint16_t, 3> counts_{};
  std::size_t targets_ = 0;                                          // of the last put_ns
  std::array<std::uint16_t, dns::rrset_records_max> target_places_;  // [0, targets_) are set
};

}  // namespace tidemark::edge
