#include "core/dataset/contents.hpp"

#include "core/base/hash.hpp"

namespace tidemark::dataset {

namespace {

void put_text(base::Writer& out, std::string_view text) {
  out.put_u32(static_cast<std::uint32_t>(text.size()));
  out.put(text);
}

void put_check(base::Writer& out, const event::Check& check) {
  out.put_u8(std::to_underlying(check.kind));
  out.put_u16(check.port);
  put_text(out, check.path);
  put_text(out, check.host);
  out.put_u16(check.status_low);
  out.put_u16(check.status_high);
  out.put_u8(check.verify_tls ? 1 : 0);
  out.put_u32(check.interval_ms);
  out.put_u32(check.timeout_ms);
  out.put_u8(check.rise);
  out.put_u8(check.fall);
}

}  // namespace

StateHash Contents::state_hash() const noexcept {
  std::array<std::uint8_t, 64> octets{};
  base::FixedWriter out(octets);
  for (const base::U128& part : {lineage.value(), live_sum, construction_sum, entry_sum}) {
    out.put(base::to_octets(part));
  }
  return StateHash(base::xxh3_128(octets));
}

void Contents::count_zone(dns::NameView apex) noexcept {
  const std::size_t labels = apex.label_count();
  if (zones_at_depth[labels]++ == 0) zone_depths[labels / 64] |= std::uint64_t{1} << labels % 64;
}

void Contents::discount_zone(dns::NameView apex) noexcept {
  const std::size_t labels = apex.label_count();
  if (--zones_at_depth[labels] == 0) {
    zone_depths[labels / 64] &= ~(std::uint64_t{1} << labels % 64);
  }
}

std::uint32_t bucket_of(dns::NameView owner) noexcept {
  return static_cast<std::uint32_t>(base::xxh3_64(owner.wire(), 0) % bucket_count);
}

std::string override_key(std::string_view pool, std::string_view endpoint) {
  std::string key(pool);
  key.push_back('\0');
  key.append(endpoint);
  return key;
}

base::Bytes pool_octets(const event::Pool& pool) {
  base::Writer out;
  put_text(out, "pool");
  put_text(out, pool.name);
  out.put_u32(static_cast<std::uint32_t>(pool.endpoints.size()));
  for (const event::Endpoint& endpoint : pool.endpoints) {
    put_text(out, endpoint.id);
    out.put_u8(std::to_underlying(endpoint.address.family));
    out.put(endpoint.address.octets);
    out.put_u8(endpoint.weight);
    out.put_u8(std::to_underlying(endpoint.status));
  }
  put_check(out, pool.check);
  out.put_u8(std::to_underlying(pool.all_down));
  out.put_u8(pool.floor);
  out.put_u8(pool.quorum);
  out.put_u32(pool.stale_after_ms);
  return std::move(out).take();
}

base::Bytes override_octets(const event::Override& value) {
  base::Writer out;
  put_text(out, "override");
  put_text(out, value.pool);
  put_text(out, value.endpoint);
  out.put_u8(std::to_underlying(value.state));
  out.put_u64(value.until_ms);
  put_text(out, value.reason);
  return std::move(out).take();
}

base::Bytes cookie_salts_octets(const std::vector<event::CookieSalt>& salts) {
  base::Writer out;
  put_text(out, "cookie salts");
  for (const event::CookieSalt& salt : salts) out.put(salt);
  return std::move(out).take();
}

base::Bytes settings_octets(dns::NameView zone, const ZoneSettings& settings) {
  base::Writer out;
  put_text(out, "settings");
  out.put(zone.wire());
  out.put_u8(settings.removal_percent_max);
  out.put_u32(settings.removal_rrsets_min);
  out.put_u32(settings.ttl_seconds_ceiling);
  // Younger than the others: what never used it keeps its hash.
  if (settings.expire_seconds != 0) out.put_u32(settings.expire_seconds);
  return std::move(out).take();
}

}  // namespace tidemark::dataset
