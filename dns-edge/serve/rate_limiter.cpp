#include "dns-edge/serve/rate_limiter.hpp"

#include <algorithm>

namespace tidemark::edge {

namespace {

// Connections are few beside datagrams: a smaller table holds all their sources.
constexpr std::size_t tcp_counters = 65'536;
constexpr std::uint32_t charge_us_max = 1'000'000;

bool is_error(dns::Rcode rcode) noexcept {
  return rcode == dns::Rcode::FormErr || rcode == dns::Rcode::NotImp ||
         rcode == dns::Rcode::Refused;
}

RateLimit responses(const RateSettings& settings) {
  // Off: the least that a table can be; nobody looks at it.
  const std::size_t counters = settings.mode == RateMode::Off ? 1 : settings.counters;
  return {settings.per_second, settings.burst, counters};
}

RateLimit service(const RateSettings& settings) {
  const std::size_t counters = settings.mode == RateMode::Off ? 1 : tcp_counters;
  const std::uint32_t burst = settings.tcp_us_per_second * 5 / 2;  // as 125 is to 50
  return {settings.tcp_us_per_second, std::clamp(burst, burst_min, burst_max), counters};
}

std::uint64_t count(std::chrono::milliseconds now) noexcept {
  return static_cast<std::uint64_t>(now.count());
}

std::span<const std::uint8_t> address_of(const Client& client) noexcept {
  return std::span(client.address).first(client.address_octets);
}

}  // namespace

std::optional<RateMode> rate_mode_of(std::string_view text) {
  if (text == "off" || text == "false") return RateMode::Off;  // YAML 1.1 has two words for each
  if (text == "dry-run") return RateMode::DryRun;
  if (text == "on" || text == "true") return RateMode::On;
  return std::nullopt;
}

RateLimiter::RateLimiter(const RateSettings& settings, std::uint64_t seed,
                         std::chrono::milliseconds now, WorkerCounters& counters)
    : mode_(settings.mode),
      slip_(settings.slip),
      allow_(settings.allow),
      counters_(counters),
      answers_(responses(settings), seed, count(now)),
      errors_(responses(settings), seed, count(now)),
      service_us_(service(settings), seed, count(now)) {}

void RateLimiter::begin_batch(std::chrono::milliseconds now) noexcept {
  if (is_off()) return;
  answers_.advance(count(now));
  errors_.advance(count(now));
  service_us_.advance(count(now));
}

RateTable::Source RateLimiter::locate(const Client& client) const noexcept {
  if (is_off() || client.address_octets == 0) return {};
  return answers_.locate(address_of(client));
}

RateLimiter::Verdict RateLimiter::judge(const Client& client, const RateTable::Source& source,
                                        const Reply& reply) noexcept {
  if (source.levels == 0) return Verdict::Whole;
  if (reply.cookie == CookieState::Valid) {
    counters_.rate_exempt_by_cookie.add();
    return Verdict::Whole;
  }
  if (allow_.contains(client)) {
    counters_.rate_exempt_by_address.add();
    return Verdict::Whole;
  }
  const RateClass of = is_error(reply.rcode) ? RateClass::Error : RateClass::Answer;
  if ((of == RateClass::Error ? errors_ : answers_).admit(source)) return Verdict::Whole;
  return over(of) ? slip() : Verdict::Whole;
}

// Counts it; true if it is to have consequences.
bool RateLimiter::over(RateClass of) noexcept {
  const auto index = static_cast<std::size_t>(of);
  const bool on = mode_ == RateMode::On;
  (on ? counters_.rate_limited : counters_.rate_would_limit)[index].add();
  return on;
}

RateLimiter::Verdict RateLimiter::slip() noexcept {
  if (slip_ == 0 || ++unsent_ < slip_) return Verdict::Nothing;
  unsent_ = 0;
  counters_.rate_slipped.add();
  return Verdict::Limited;
}

bool RateLimiter::may_serve(const Client& client) noexcept {
  if (is_off() || client.address_octets == 0 || allow_.contains(client)) return true;
  if (!service_us_.is_exhausted(service_us_.locate(address_of(client)))) return true;
  return !over(RateClass::Tcp);
}

void RateLimiter::charge(const Client& client, std::chrono::nanoseconds spent) noexcept {
  if (is_off() || client.address_octets == 0 || allow_.contains(client)) return;
  const auto us = std::chrono::ceil<std::chrono::microseconds>(spent).count();
  service_us_.charge(service_us_.locate(address_of(client)),
                     static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, charge_us_max)));
}

}  // namespace tidemark::edge
