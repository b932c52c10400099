#include "schemas/words.hpp"

#include <chrono>
#include <utility>

#include "core/base/hash.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::schemas {

namespace {

std::string digits(std::uint64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

}  // namespace

std::string rdata_text(dns::RrType type, base::ByteView rdata) {
  const auto canonical = dns::canonical_rdata(type, rdata);
  if (canonical && base::as_text(*canonical) == base::as_text(rdata)) {
    return dns::rdata_to_text(type, rdata);
  }
  return "\\# " + std::to_string(rdata.size()) + (rdata.empty() ? "" : " ") + base::to_hex(rdata);
}

std::string address_text(const event::Address& address) {
  const bool is_v4 = address.family == event::Address::Family::V4;
  return dns::rdata_to_text(is_v4 ? dns::RrType::A : dns::RrType::Aaaa,
                            base::ByteView(address.octets).first(is_v4 ? 4 : 16));
}

std::string time_text(std::uint64_t unix_ms) {
  constexpr std::uint64_t year_9999_ms = 253'402'300'799'999;  // RFC 3339 ends there
  if (unix_ms > year_9999_ms) return std::to_string(unix_ms) + " ms";
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(unix_ms)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> time(at - day);
  const auto number = [](auto count) { return static_cast<std::uint64_t>(count); };
  return digits(number(static_cast<int>(date.year())), 4) + "-" +
         digits(static_cast<unsigned>(date.month()), 2) + "-" +
         digits(static_cast<unsigned>(date.day()), 2) + "T" +
         digits(number(time.hours().count()), 2) + ":" + digits(number(time.minutes().count()), 2) +
         ":" + digits(number(time.seconds().count()), 2) + "." +
         digits(number(time.subseconds().count()), 3) + "Z";
}

std::string_view word(event::RolloutClass rollout) {
  switch (rollout) {
    case event::RolloutClass::Standard: return "standard";
    case event::RolloutClass::Expedite: return "expedite";
    case event::RolloutClass::Manual:   return "manual";
  }
  std::unreachable();
}

std::string_view word(event::EndpointStatus status) {
  switch (status) {
    case event::EndpointStatus::Obey: return "obey";
    case event::EndpointStatus::Up:   return "up";
    case event::EndpointStatus::Down: return "down";
  }
  std::unreachable();
}

std::string_view word(event::CheckKind kind) {
  switch (kind) {
    case event::CheckKind::None:  return "none";
    case event::CheckKind::Tcp:   return "tcp";
    case event::CheckKind::Http:  return "http";
    case event::CheckKind::Https: return "https";
  }
  std::unreachable();
}

std::string_view word(event::AllDown policy) {
  switch (policy) {
    case event::AllDown::AnswerAll:   return "answer_all";
    case event::AllDown::LastHealthy: return "last_healthy";
    case event::AllDown::ServFail:    return "servfail";
  }
  std::unreachable();
}

std::string_view word(event::OverrideState state) {
  switch (state) {
    case event::OverrideState::Up:    return "up";
    case event::OverrideState::Down:  return "down";
    case event::OverrideState::Drain: return "drain";
  }
  std::unreachable();
}

std::string_view word(event::Observed observed) {
  switch (observed) {
    case event::Observed::Up:    return "up";
    case event::Observed::Down:  return "down";
    case event::Observed::Drain: return "drain";
  }
  std::unreachable();
}

std::string_view word(event::ProposalState state) {
  switch (state) {
    case event::ProposalState::Open:     return "open";
    case event::ProposalState::Approved: return "approved";
    case event::ProposalState::Rejected: return "rejected";
  }
  std::unreachable();
}

}  // namespace tidemark::schemas
