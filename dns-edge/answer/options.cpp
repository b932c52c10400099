#include "dns-edge/answer/options.hpp"

#include <algorithm>
#include <bit>

namespace tidemark::edge {

namespace {

constexpr std::size_t nsid_octets_max = 128;  // as much as an operator needs; bounds the reply

}  // namespace

bool Options::begin(dns::EdnsOption option, std::size_t octets, std::size_t room) noexcept {
  const std::size_t size = size_ + option_header_octets + octets;
  full_ = full_ || size > room || size > octets_.size();
  if (full_) return false;
  put_number(static_cast<std::uint16_t>(option), 2);
  put_number(octets, 2);
  return true;
}

void Options::put(base::ByteView octets) noexcept {
  std::ranges::copy(octets, octets_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += octets.size();
}

void Options::put_number(std::uint64_t number, std::size_t octets) noexcept {
  for (std::size_t i = octets; i > 0; --i) {
    octets_[size_++] = static_cast<std::uint8_t>(number >> (8 * (i - 1)));
  }
}

void Options::put_cookie(base::ByteView cookie, std::size_t room) noexcept {
  if (begin(dns::EdnsOption::Cookie, cookie.size(), room)) put(cookie);
}

void Options::put_keepalive(std::uint16_t deciseconds, std::size_t room) noexcept {
  if (begin(dns::EdnsOption::TcpKeepalive, 2, room)) put_number(deciseconds, 2);
}

void Options::put_nsid(std::string_view nsid, std::size_t room) noexcept {
  const auto octets = base::as_bytes(nsid.substr(0, nsid_octets_max));
  if (begin(dns::EdnsOption::Nsid, octets.size(), room)) put(octets);
}

void Options::put_tidemark_version(const consumer::Snapshot& snapshot, std::size_t room) noexcept {
  if (!begin(dns::EdnsOption::TidemarkVersion, 32, room)) return;
  const dataset::Version version = snapshot.dataset.version();
  put_number(version.seq.value(), 8);
  put(base::to_octets(version.state_hash.value()));
  put_number(std::bit_cast<std::uint64_t>(snapshot.health.position()), 8);
}

void Options::put_zone_version(const dataset::Zone& zone, std::size_t room) noexcept {
  if (!begin(dns::EdnsOption::ZoneVersion, 6, room)) return;
  put_number(zone.name().label_count(), 1);
  put_number(0, 1);  // TYPE: SOA-SERIAL
  put_number(zone.serial().value(), 4);
}

void Options::put_extended_error(ExtendedError error, std::size_t room) noexcept {
  if (begin(dns::EdnsOption::ExtendedError, 2, room)) {
    put_number(static_cast<std::uint16_t>(error), 2);
  }
}

Options choose_options(const consumer::Snapshot& snapshot, const dns::Query& query,
                       Transport transport, const AnswerSettings& settings, const Outcome& outcome,
                       base::ByteView cookie, std::size_t room) noexcept {
  Options options;
  if (!cookie.empty()) options.put_cookie(cookie, room);
  if (query.wants_keepalive && transport == Transport::Tcp) {
    options.put_keepalive(settings.tcp_idle_deciseconds, room);
  }
  if (query.wants_nsid && !settings.nsid.empty()) options.put_nsid(settings.nsid, room);
  if (query.wants_tidemark_version) options.put_tidemark_version(snapshot, room);
  if (query.wants_zone_version && outcome.zone && outcome.rcode != dns::Rcode::Refused) {
    options.put_zone_version(*outcome.zone, room);
  }
  if (outcome.extended_error) options.put_extended_error(*outcome.extended_error, room);
  return options;
}

}  // namespace tidemark::edge
