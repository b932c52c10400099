// options: the EDNS options of a response, chosen by what was asked and by what fits.
//
// Dropped first, silently: extended error, ZONEVERSION, TidemarkVersion, NSID; never the cookie. An
// option that was not asked for is never sent (the extended error excepted); unknown ones are never
// echoed.
//
// TidemarkVersion is ours, a private-use code: seq u64 | state hash 16 octets | health position i64
// (-1: none), of the Snapshot that answered.
//
// RFC  6891, 5001 (NSID), 7828 (keepalive), 7873 (cookies), 8914 (extended errors), 9660
// (ZONEVERSION)
#pragma once

#include <array>

#include "core/base/bytes.hpp"
#include "dns-edge/answer/answer.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

constexpr std::size_t option_header_octets = 4;

class Options {
 public:
  base::ByteView view() const noexcept { return base::ByteView(octets_).first(size_); }

  // Each is left out if the options would take more than `room` octets with it, or one before it
  // was left out: the order in which they are put is the order of their weight.
  void put_cookie(base::ByteView cookie, std::size_t room) noexcept;
  void put_keepalive(std::uint16_t deciseconds, std::size_t room) noexcept;
  void put_nsid(std::string_view nsid, std::size_t room) noexcept;
  void put_tidemark_version(const consumer::Snapshot& snapshot, std::size_t room) noexcept;
  void put_zone_version(const dataset::Zone& zone, std::size_t room) noexcept;
  void put_extended_error(ExtendedError error, std::size_t room) noexcept;

 private:
  bool begin(dns::EdnsOption option, std::size_t octets, std::size_t room) noexcept;
  void put(base::ByteView octets) noexcept;
  void put_number(std::uint64_t number, std::size_t octets) noexcept;

  std::array<std::uint8_t, 512> octets_;
  std::size_t size_ = 0;
  bool full_ = false;
};

// All that apply, at most `room` octets. `cookie` (empty: none) is what the client gets of ours.
Options choose_options(const consumer::Snapshot& snapshot, const dns::Query& query,
                       Transport transport, const AnswerSettings& settings, const Outcome& outcome,
                       base::ByteView cookie, std::size_t room) noexcept;

}  // namespace tidemark::edge
