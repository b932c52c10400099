// The input is an octet for the transport (answering.hpp), one for the world, then a message to the
// edge. World 0 holds by hand whatever makes answers hard: cuts, glue, chains, loops, DNAMEs,
// wildcards, large RRsets; the others are made of their number (world.hpp).
#include <map>

#include "core/base/check.hpp"
#include "core/dataset/editor.hpp"
#include "core/dns/master_file.hpp"
#include "tests/fuzz/answering.hpp"
#include "tests/fuzz/world.hpp"

using namespace tidemark;

namespace {

constexpr std::string_view zone_text = R"($ORIGIN e.x.
$TTL 60
@ SOA a b 1 2 3 4 5
@ NS n
n A 192.0.2.1
n AAAA 2001:db8::1
c CNAME n
l CNAME m
m CNAME l
*.w CNAME c
w TXT "w"
d DNAME e.x.
g DNAME x.x.g.e.x.
k NS n.k
k NS n
k DS 1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
n.k A 192.0.2.2
a.b.q A 192.0.2.3
$GENERATE 1-90 big A 10.0.0.$
)";

dataset::Dataset world_by_hand() {
  const auto file = dns::read_master_file(zone_text);
  TIDEMARK_CHECK(file.has_value(), "the zone of the fuzz target is sound");
  const auto dataset =
      dataset::Dataset::empty(dataset::Lineage(base::U128{}), dataset::HashSeed(1));
  dataset::Editor editor(dataset);
  editor.create_zone(file->origin);
  for (const dns::Rrset& rrset : file->rrsets) editor.put_rrset(file->origin, rrset);
  return std::move(editor).finish();
}

constexpr unsigned worlds = 64;

const consumer::Snapshot& world(unsigned number) {
  static std::map<unsigned, consumer::Snapshot> made;
  const auto found = made.find(number);
  if (found != made.end()) return found->second;
  auto dataset = number == 0 ? world_by_hand() : fuzz::seeded_world(number);
  return made.emplace(number, fuzz::snapshot_of(std::move(dataset))).first->second;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < 2) return 0;
  fuzz::ask(base::ByteView(octets, size).subspan(2), octets[0], world(octets[1] % worlds));
  return 0;
}
