#include "dns-edge/app/rate_settings.hpp"

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;
using topics::ConfigFile;
using Kind = topics::ConfigKey::Kind;

constexpr const char* mode_key = "rate_limit.mode";
constexpr const char* per_second_key = "rate_limit.per_second";
constexpr const char* burst_key = "rate_limit.burst";
constexpr const char* slip_key = "rate_limit.slip";
constexpr const char* allow_key = "rate_limit.allow";

std::unexpected<base::Error> wrong(const ConfigFile& config, const char* key,
                                   const std::string& right) {
  return base::fail(Errc::Invalid, config.place(key) + ": " + right);
}

Result<RateMode> read_mode(const ConfigFile& config, RateMode usual) {
  const auto text = config.text(mode_key);
  if (!text) return usual;
  if (const auto mode = rate_mode_of(*text)) return *mode;
  return wrong(config, mode_key, "off, dry-run or on");
}

Result<std::uint32_t> read_number(const ConfigFile& config, const char* key, std::uint32_t usual,
                                  std::uint32_t least, std::uint32_t most) {
  const auto number = config.number(key);
  if (!number) return usual;
  if (*number < least || *number > most) {
    return wrong(config, key, std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::uint32_t>(*number);
}

Result<std::vector<Prefix>> read_allow(const ConfigFile& config) {
  std::vector<Prefix> allow;
  for (const std::string& text : config.texts(allow_key)) {
    auto prefix = parse_prefix(text);
    if (!prefix) return std::unexpected(std::move(prefix).error().at(config.place(allow_key)));
    allow.push_back(*prefix);
  }
  if (allow.size() > allowed_prefixes_max) {
    return wrong(config, allow_key, "at most " + std::to_string(allowed_prefixes_max));
  }
  return allow;
}

}  // namespace

std::vector<topics::ConfigKey> rate_keys() {
  return {{mode_key},
          {per_second_key, Kind::Number},
          {burst_key, Kind::Number},
          {slip_key, Kind::Number},
          {allow_key, Kind::Texts}};
}

Result<RateSettings> read_rate(const ConfigFile& config) {
  RateSettings rate;
  TIDEMARK_TRY(rate.mode, read_mode(config, rate.mode));
  TIDEMARK_TRY(rate.per_second, read_number(config, per_second_key, rate.per_second, 1, burst_max));
  // Who sets the rate alone gets the usual proportion.
  const std::uint32_t burst = std::clamp(rate.per_second * 5 / 2, burst_min, burst_max);
  const std::uint32_t most = std::min(burst_max, burst_seconds_max * rate.per_second);
  TIDEMARK_TRY(rate.burst, read_number(config, burst_key, burst, burst_min, most));
  TIDEMARK_TRY(rate.slip, read_number(config, slip_key, rate.slip, 0, slip_max));
  TIDEMARK_TRY(rate.allow, read_allow(config));
  return rate;
}

}  // namespace tidemark::edge
