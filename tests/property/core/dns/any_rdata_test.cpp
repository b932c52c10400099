// The generators of any_rdata.hpp, and the proof that they reach every type.
#include "tests/property/core/dns/any_rdata.hpp"

#include <algorithm>
#include <set>

#include "core/base/hash.hpp"
#include "core/dns/rdata.hpp"
#include "core/dns/rdata_rules.hpp"
#include "core/dns/service_params.hpp"

namespace tidemark::dns {

namespace {

namespace gen = rc::gen;
using base::Bytes;
using base::Writer;

std::uint8_t any_octet() { return *gen::arbitrary<std::uint8_t>(); }
std::uint8_t below(int limit) { return static_cast<std::uint8_t>(*gen::inRange(0, limit)); }

void put_octets(Writer& out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out.put_u8(any_octet());
}

// Length octet and octets.
void put_counted(Writer& out, std::size_t at_least) {
  const auto length = static_cast<std::uint8_t>(
      *gen::weightedElement<std::size_t>({{6, 3}, {2, at_least}, {1, 255}}));
  out.put_u8(length);
  put_octets(out, length);
}

void put_name(Writer& out) {
  for (int labels = below(4); labels > 0; --labels) {
    const auto length = *gen::weightedElement<std::uint8_t>({{6, 3}, {1, 1}, {1, 62}});
    out.put_u8(length);
    put_octets(out, length);
  }
  out.put_u8(0);
}

void put_bitmap(Writer& out, int windows_min) {
  std::uint8_t window = 0;
  for (int windows = windows_min + below(3); windows > 0; --windows) {
    const auto octets = static_cast<std::uint8_t>(1 + below(32));
    out.put_u8(window);
    out.put_u8(octets);
    put_octets(out, octets - std::size_t{1});
    out.put_u8(static_cast<std::uint8_t>(any_octet() | 1));
    window = static_cast<std::uint8_t>(window + 1 + below(80));
  }
}

void put_ap_items(Writer& out) {
  for (int items = below(4); items > 0; --items) {
    const auto family = *gen::weightedElement<std::uint16_t>({{4, 1}, {4, 2}, {1, 3}});
    const int octets_max = family == 1 ? 4 : 16;
    const auto length = below(octets_max + 1);
    out.put_u16(family);
    out.put_u8(below(octets_max * 8 + 1));
    out.put_u8(static_cast<std::uint8_t>(length | (any_octet() & 0x80)));
    if (length == 0) continue;
    put_octets(out, length - std::size_t{1});
    out.put_u8(static_cast<std::uint8_t>(any_octet() | 1));
  }
}

void put_location(Writer& out) {
  out.put_u8(0);
  for (int i = 0; i < 3; ++i) {
    const auto digit = below(10);
    out.put_u8(static_cast<std::uint8_t>(digit << 4 | (digit == 0 ? 0 : below(10))));
  }
  const auto angle = [&](std::int64_t degrees) {
    const auto offset = *gen::inRange<std::int64_t>(-degrees * 3600000, degrees * 3600000 + 1);
    out.put_u32(static_cast<std::uint32_t>(0x80000000 + offset));
  };
  angle(90);
  angle(180);
  out.put_u32(*gen::arbitrary<std::uint32_t>());
}

Bytes value_of(ServiceKey key, const std::set<std::uint16_t>& keys) {
  Writer value;
  switch (key) {
    case ServiceKey::Mandatory:
      for (const std::uint16_t other : keys) {
        if (other != 0) value.put_u16(other);
      }
      break;
    case ServiceKey::Alpn:
      for (int ids = 1 + below(3); ids > 0; --ids) put_counted(value, 1);
      break;
    case ServiceKey::NoDefaultAlpn: break;
    case ServiceKey::Port:          put_octets(value, 2); break;
    case ServiceKey::Ipv4hint:      put_octets(value, 4 * (std::size_t{1} + below(3))); break;
    case ServiceKey::Ipv6hint:      put_octets(value, 16 * (std::size_t{1} + below(3))); break;
    case ServiceKey::Ech:
    case ServiceKey::Dohpath:       put_octets(value, std::size_t{1} + below(30)); break;
    default:                        put_octets(value, below(30)); break;
  }
  return std::move(value).take();
}

void put_service(Writer& out) {
  auto keys = *gen::container<std::set<std::uint16_t>>(gen::weightedOneOf<std::uint16_t>(
      {{8, gen::inRange<std::uint16_t>(0, 10)}, {1, gen::inRange<std::uint16_t>(10, 65535)}}));
  if (keys.contains(2)) keys.insert(1);
  if (keys.size() == 1) keys.erase(0);  // mandatory alone would be empty
  for (const std::uint16_t key : keys) {
    const Bytes value = value_of(static_cast<ServiceKey>(key), keys);
    out.put_u16(key);
    out.put_u16(static_cast<std::uint16_t>(value.size()));
    out.put(value);
  }
}

void put_from(Writer& out, std::string_view letters, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out.put_u8(static_cast<std::uint8_t>(*gen::elementOf(std::string(letters))));
  }
}

void put_field(Field field, Writer& out) {
  switch (field) {
    case Field::None:        break;
    case Field::U8:
    case Field::Algorithm:   put_octets(out, 1); break;
    case Field::U16:
    case Field::TypeCode:
    case Field::CertType:    put_octets(out, 2); break;
    case Field::U32:
    case Field::Seconds:
    case Field::Time:
    case Field::Ipv4:        put_octets(out, 4); break;
    case Field::Eui48:       put_octets(out, 6); break;
    case Field::Eui64:       put_octets(out, 8); break;
    case Field::Ipv6:        put_octets(out, 16); break;
    case Field::Name:
    case Field::NameAsSent:  put_name(out); break;
    case Field::CharString:
    case Field::Salt:        put_counted(out, 0); break;
    case Field::HashedOwner: put_counted(out, 1); break;
    case Field::CharStrings:
      for (int strings = 1 + below(3); strings > 0; --strings) put_counted(out, 0);
      break;
    case Field::Hex:
    case Field::Base64:
    case Field::Text:   put_octets(out, std::size_t{1} + below(70)); break;
    case Field::CaaTag:
      out.put_u8(5);
      put_from(out, "abzABZ059", 5);
      break;
    case Field::Bitmap:   put_bitmap(out, 0); break;
    case Field::ApItems:  put_ap_items(out); break;
    case Field::Location: put_location(out); break;
    case Field::Service:  put_service(out); break;
    case Field::Pool:     put_from(out, "abz059-_.", std::size_t{1} + below(63)); break;
  }
}

// What the rule's check over several fields asks for, where chance would not.
void repair(RrType type, Writer& out) {
  Bytes rdata = std::move(out).take();
  const auto digest = [&](std::size_t algorithm_at) { rdata[algorithm_at] = 250; };
  if (type == RrType::Dnskey || type == RrType::Cdnskey) rdata[2] = 3;
  if (type == RrType::Ds || type == RrType::Cds) digest(3);
  if (type == RrType::Sshfp) digest(1);
  if (type == RrType::Tlsa || type == RrType::Smimea) digest(2);
  if (type == RrType::Zonemd) {
    digest(5);
    rdata.resize(std::max<std::size_t>(rdata.size(), 18));
  }
  if (type == RrType::Svcb || type == RrType::Https) rdata[1] |= 1;
  Writer repaired;
  repaired.put(rdata);
  if (type == RrType::Nsec && rdata.size() == wire_length(rdata)) repaired.put(Bytes{0, 1, 64});
  out = std::move(repaired);
}

}  // namespace

rc::Gen<RrType> any_ruled_type() {
  static const std::vector<RrType> types = [] {
    std::vector<RrType> ruled;
    for (unsigned code = 0; code <= 65535; ++code) {
      if (rule_of(static_cast<RrType>(code)) != nullptr) ruled.push_back(static_cast<RrType>(code));
    }
    return ruled;
  }();
  return gen::elementOf(types);
}

rc::Gen<Bytes> any_rdata(RrType type) {
  return gen::exec([type] {
    Writer out;
    for (const RuleField& part : rule_of(type)->fields) put_field(part.field, out);
    repair(type, out);
    return std::move(out).take();
  });
}

rc::Gen<Bytes> any_octets(std::size_t octets_max) {
  return gen::mapcat(gen::inRange<std::size_t>(0, octets_max + 1), [](std::size_t size) {
    return gen::container<Bytes>(size, gen::arbitrary<std::uint8_t>());
  });
}

rc::Gen<Bytes> damaged(Bytes sound) {
  return gen::exec([sound] {
    Bytes octets = sound;
    for (int changes = 1 + below(3); changes > 0; --changes) {
      const int kind = octets.empty() ? 2 : below(3);
      const auto at = *gen::inRange<std::size_t>(0, octets.size() + 1);
      if (kind == 0 && at < octets.size()) octets[at] = any_octet();
      if (kind == 1) octets.resize(at);
      if (kind == 2) octets.insert(octets.begin() + static_cast<std::ptrdiff_t>(at), any_octet());
    }
    return octets;
  });
}

TEST(AnyRdata, IsSoundForEveryType) {
  rc::check("each type once", [] {
    for (unsigned code = 0; code <= 65535; ++code) {
      const auto type = static_cast<RrType>(code);
      if (rule_of(type) == nullptr) continue;
      const Bytes wire = *any_rdata(type);
      RC_LOG() << to_text(type) << " " << base::to_hex(wire) << "\n";
      RC_ASSERT(canonical_rdata(type, wire).has_value());
    }
  });
}

}  // namespace tidemark::dns
