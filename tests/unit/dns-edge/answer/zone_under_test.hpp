// The zones that the tests of answers share, and one way to ask.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {

using Lines = std::vector<std::string>;

constexpr std::string_view example_zone = R"($ORIGIN example.org.
$TTL 300
@        3600 IN SOA ns1 hostmaster 7 7200 900 1209600 60
@             NS   ns1
@             NS   ns.glue.example.net.
ns1           A    192.0.2.53
ns1           AAAA 2001:db8::53
www           A    192.0.2.2
www           A    192.0.2.1
www           TXT  "hello"
alias         CNAME www
chain         CNAME alias
dangling      CNAME nowhere
outside       CNAME www.elsewhere.test.
loop1         CNAME loop2
loop2         CNAME loop1
self          CNAME self
a.ent         A    192.0.2.9
*.wild        A    192.0.2.77
sub.wild      TXT  "closer"
*.wcname      CNAME www
*.wself       CNAME a.wself
cut           NS   ns.cut
cut           NS   ns.other
cut           NS   ns1
cut           A    192.0.2.66
ns.cut        A    192.0.2.67
hidden.cut    A    192.0.2.68
other         NS   ns.other
other         DS   12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ns.other      A    192.0.2.69
moved         DNAME www.example.org.
moved         A    192.0.2.70
into          DNAME example.net.
down          DNAME ent
tocut         CNAME host.cut
multi         A    192.0.2.80
multi         MX   10 mail
multi         TXT  "a longer text than the address is, for minimal ANY"
)";

constexpr std::string_view net_zone = R"($ORIGIN example.net.
$TTL 300
@   SOA ns1 hostmaster 9 7200 900 1209600 60
@   NS  ns1
ns1 A   198.51.100.53
x   A   198.51.100.1
)";

struct Asked {
  Reply reply;
  base::Bytes wire;
  dns::Message message;

  bool flag(std::uint16_t bit) const { return (message.flags & bit) != 0; }
  Lines answer() const { return support::lines_of(message.answer); }
  Lines authority() const { return support::lines_of(message.authority); }
  Lines additional() const { return support::lines_of(message.additional); }
};

class Answers : public ::testing::Test {
 protected:
  Answers() { world.zone(example_zone).zone(net_zone); }

  // The octets of the reply; none for silence.
  base::Bytes raw(base::ByteView message, Transport transport = Transport::Udp) {
    std::vector<std::uint8_t> room(transport == Transport::Udp ? dns::udp_payload_octets
                                                               : dns::message_octets_max);
    client.transport = transport;
    consumer::Snapshot snapshot = world.snapshot();
    snapshot.cookie_secrets = secrets;
    last = limited ? respond_limited(message, client, now, snapshot, settings, room)
                   : respond(message, client, now, snapshot, settings, room);
    room.resize(last.octets);
    return room;
  }
  Asked ask(const support::Question& question, Transport transport = Transport::Udp) {
    base::Bytes wire = raw(support::to_wire(question), transport);
    auto message = dns::read_message(wire);
    EXPECT_TRUE(message.has_value()) << (message ? "" : message.error().trail);
    if (!message) return {};
    EXPECT_EQ(message->id, question.id);
    EXPECT_TRUE((message->flags & dns::flag_qr) != 0);
    EXPECT_EQ(message->flags & (dns::flag_ra | dns::flag_ad | dns::flag_cd | 0x0040), 0);
    return {last, std::move(wire), *std::move(message)};
  }
  Asked ask(std::string name, dns::RrType type = dns::RrType::A) {
    return ask(support::Question{.name = std::move(name), .type = type});
  }

  support::DnsWorld world;
  AnswerSettings settings;
  Client client{.address = {192, 0, 2, 1}, .address_octets = 4};
  Moment now{.unix_seconds = 1'800'000'000};
  dns::CookieSecrets secrets;
  bool limited = false;  // as if the source were over its limit
  Reply last;
};

inline const Lines example_soa = {
    "example.org. 60 SOA ns1.example.org. hostmaster.example.org. 7 7200 900 1209600 60"};

}  // namespace tidemark::edge
