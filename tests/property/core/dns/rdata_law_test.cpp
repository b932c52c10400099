#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/base/hash.hpp"
#include "core/dns/encodings.hpp"
#include "core/dns/rdata.hpp"
#include "tests/property/core/dns/any_rdata.hpp"

namespace tidemark::dns {
namespace {

using base::Bytes;

// What has been let through is written, read again, and is the same.
void check_round_trip(RrType type, const Bytes& canonical) {
  const std::string text = rdata_to_text(type, canonical);
  RC_LOG() << to_text(type) << " " << text << "\n";
  const auto again = rdata_from_text(type, text, Name::root());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == canonical);
  RC_ASSERT(rdata_to_text(type, *again) == text);
  RC_ASSERT(canonical_rdata(type, canonical).value() == canonical);
}

RC_GTEST_PROP(Rdata, SurvivesTextAndBack, ()) {
  const RrType type = *any_ruled_type();
  const Bytes wire = *any_rdata(type);
  RC_LOG() << to_text(type) << " " << base::to_hex(wire) << "\n";
  const auto canonical = canonical_rdata(type, wire);
  RC_ASSERT(canonical.has_value());
  RC_ASSERT(canonical->size() == wire.size());
  check_round_trip(type, *canonical);
}

RC_GTEST_PROP(Rdata, InTheGenericFormIsTheSame, ()) {
  const RrType type = *any_ruled_type();
  const Bytes wire = *any_rdata(type);
  std::string generic = "\\# " + std::to_string(wire.size()) + " ";
  append_hex(generic, wire);
  RC_ASSERT(rdata_from_text(type, generic, Name::root()).value() ==
            canonical_rdata(type, wire).value());
}

RC_GTEST_PROP(Rdata, ThatIsDamagedIsRefusedOrSurvives, ()) {
  const RrType type = *any_ruled_type();
  const Bytes wire = *damaged(*any_rdata(type));
  RC_LOG() << to_text(type) << " " << base::to_hex(wire) << "\n";
  if (const auto canonical = canonical_rdata(type, wire)) check_round_trip(type, *canonical);
}

RC_GTEST_PROP(Rdata, OfAnyOctetsIsRefusedOrSurvives, (std::uint16_t code)) {
  const auto type = static_cast<RrType>(code % 300);
  const Bytes wire = *any_octets(40);
  if (const auto canonical = canonical_rdata(type, wire)) check_round_trip(type, *canonical);
}

// Pieces that fields are made of, in any order.
rc::Gen<std::string> any_fields() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "0", "1", "65536", "4294967295", "a.example.", "\\#", "AQPS", "00ff", "\"x y\"", "-",
          "alpn=h2", "port=53", "mandatory=alpn", "key9=\"a\"", "192.0.2.1", "2001:db8::1", "N",
          "E", "10m", "A", "TYPE700", "!1:192.0.2.0/24", "20240101000000", "(", ")", "\\", "\"",
          "\n", ";", "issue", "1h", "00-00-5e-00-53-2a", "@")),
      [](const std::vector<std::string>& pieces) {
        std::string all;
        for (const std::string& piece : pieces) all += piece + " ";
        return all;
      });
}

RC_GTEST_PROP(Rdata, FromAnyFieldsIsRefusedOrSurvives, ()) {
  const RrType type = *any_ruled_type();
  const auto rdata = rdata_from_text(type, *any_fields(), Name::root());
  if (rdata) check_round_trip(type, *rdata);
}

RC_GTEST_PROP(Rdata, NamesOnlySoundNames, ()) {
  const RrType type = *any_ruled_type();
  const auto canonical = canonical_rdata(type, *any_rdata(type)).value();
  for (const NameView name : names_in_rdata(type, canonical)) {
    RC_ASSERT(Name::from_wire(name.wire()).value().view() == name);
  }
}

}  // namespace
}  // namespace tidemark::dns
