#include <algorithm>
#include <set>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dns/master_file.hpp"
#include "core/dns/zone_rules.hpp"
#include "tests/property/core/dns/any_rdata.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::dns {
namespace {

const Name& origin() {
  static const Name name = Name::parse("example.org.").value();
  return name;
}

// RRsets of any type at or below the origin, each owner and type once.
std::vector<Rrset> any_rrsets() {
  std::vector<Rrset> rrsets;
  std::set<std::pair<Name, RrType>> seen;
  for (int left = *rc::gen::inRange(0, 8); left > 0; --left) {
    const Name owner = *support::name_in(origin());
    const RrType type = *any_ruled_type();
    if (!seen.emplace(owner, type).second) continue;
    Rrset rrset{owner, type, Ttl(*rc::gen::inRange<std::uint32_t>(0, 0x7fffffff)), {}};
    for (int records = *rc::gen::inRange(1, 4); records > 0; --records) {
      rrset.rdata.push_back(*any_rdata(type));
    }
    rrsets.push_back(canonicalize(std::move(rrset)).value());
  }
  std::ranges::sort(rrsets, [](const Rrset& a, const Rrset& b) {
    return std::tie(a.owner, a.type) < std::tie(b.owner, b.type);
  });
  return rrsets;
}

RC_GTEST_PROP(MasterFile, SurvivesWritingAndReading, ()) {
  const std::vector<Rrset> rrsets = any_rrsets();
  const std::string text = write_master_file(origin(), rrsets);
  RC_LOG() << text;
  const auto file = read_master_file(text, origin());
  if (!file) RC_LOG() << file.error().errors.front().to_text() << "\n";
  RC_ASSERT(file.has_value());
  RC_ASSERT(file->rrsets == rrsets);
  RC_ASSERT(file->warnings.empty());
  RC_ASSERT(write_master_file(origin(), file->rrsets) == text);
}

// Whatever it is given, a file is read whole or not at all, and what is read is sound.
void check_reading(const std::string& text) {
  const auto file = read_master_file(text, origin());
  if (!file) {
    RC_ASSERT(!file.error().errors.empty());
    RC_ASSERT(file.error().errors.size() <= remarks_max);
    return;
  }
  for (const Rrset& rrset : file->rrsets) {
    RC_ASSERT(canonicalize(rrset).value() == rrset);
    RC_ASSERT(rrset.owner.view().is_at_or_below(origin()));
  }
  RC_ASSERT(read_master_file(write_master_file(origin(), file->rrsets), origin())->rrsets ==
            file->rrsets);
  check_zone(origin(), file->rrsets);
}

RC_GTEST_PROP(MasterFile, OfAnyPiecesIsReadOrRefused, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", "www ", "@ ", "60 ", "IN ", "A ", "10.0.0.1", "MX ", "10 ", "TXT ", "\"x y\" ", "( ",
      ") ", "\n", "\n", " ", "\t", ";", "\\", "\"", "$TTL 60\n", "$ORIGIN b\n", "$ORIGIN x.\n",
      "$GENERATE 1-3 $ A 10.0.0.$\n", "$INCLUDE x\n", "SOA a b 1 2 3 4 5\n", "NS b\n", "CNAME c\n",
      "DNAME d\n", "POOL p\n", "\\# 1 00", "HTTPS 1 . alpn=\"h2\" ", "1h", "TYPE700 ", ".", "*."));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  check_reading(text);
}

RC_GTEST_PROP(MasterFile, OfAnyTextIsReadOrRefused, (const std::string& text)) {
  check_reading(text);
  check_reading("a 60 TXT " + text + "\n");
}

RC_GTEST_PROP(MasterFile, ThatIsDamagedIsReadOrRefused, ()) {
  const std::string text = write_master_file(origin(), any_rrsets());
  const auto view = base::as_bytes(text);
  const base::Bytes octets = *damaged({view.begin(), view.end()});
  check_reading(std::string(base::as_text(octets)));
}

RC_GTEST_PROP(CheckZone, IsTotal, ()) {
  std::vector<Rrset> rrsets = any_rrsets();
  if (*rc::gen::arbitrary<bool>()) {
    for (const Rrset& more : any_rrsets()) rrsets.push_back(more);
  }
  const auto remarks = check_zone(origin(), rrsets);
  RC_ASSERT(!remarks.empty());  // there is no SOA, or another rule is broken
  RC_ASSERT(check_zone(origin(), rrsets) == remarks);
}

}  // namespace
}  // namespace tidemark::dns
