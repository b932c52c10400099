// The input is a message to an edge; its first octet chooses the transport. The zones hold whatever
// makes answers hard: cuts, glue, chains, loops, DNAMEs, wildcards, large RRsets.
#include "consumer/snapshot/snapshot.hpp"
#include "core/base/check.hpp"
#include "core/dataset/editor.hpp"
#include "core/dns/master_file.hpp"
#include "core/dns/message.hpp"
#include "dns-edge/answer/respond.hpp"

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

consumer::Snapshot make_snapshot() {
  const auto file = dns::read_master_file(zone_text);
  TIDEMARK_CHECK(file.has_value(), "the zone of the fuzz target is sound");
  auto dataset = dataset::Dataset::empty(dataset::Lineage(base::U128{}), dataset::HashSeed(1));
  dataset::Editor editor(dataset);
  editor.create_zone(file->origin);
  for (const dns::Rrset& rrset : file->rrsets) editor.put_rrset(file->origin, rrset);
  dataset = std::move(editor).finish();
  return {dataset, health::HealthView::freeze(dataset, health::Observations(), -1)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size == 0) return 0;
  static const consumer::Snapshot snapshot = make_snapshot();
  static const edge::AnswerSettings settings{.nsid = "node", .version_bind = "fuzz"};
  static base::Bytes room(dns::message_octets_max);
  const auto transport = (octets[0] & 1) == 0 ? edge::Transport::Udp : edge::Transport::Tcp;
  const edge::Client client{transport, {192, 0, 2, 1}, 4};
  const base::ByteView message = base::ByteView(octets, size).subspan(1);
  const edge::Reply reply = edge::respond(message, client, {}, snapshot, settings, room);
  if (reply.octets == 0) {
    TIDEMARK_CHECK(message.size() < dns::header_octets || (message[2] & 0x80) != 0,
                   "silence is for responses and stubs only");
    return 0;
  }
  TIDEMARK_CHECK(transport == edge::Transport::Tcp || reply.octets <= dns::udp_payload_octets,
                 "no reply over UDP is above 1232 octets");
  const auto read = dns::read_message(base::ByteView(room).first(reply.octets));
  TIDEMARK_CHECK(read.has_value(), "a reply is a sound message");
  TIDEMARK_CHECK((read->flags & dns::flag_qr) != 0, "a reply is a response");
  TIDEMARK_CHECK(reply.truncated == ((read->flags & dns::flag_tc) != 0), "TC is what was told");
  return 0;
}
