#include "tests/fuzz/answering.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/dns/message.hpp"
#include "tests/fuzz/message_walk.hpp"
#include "tests/support/allocation_count.hpp"

namespace tidemark::fuzz {

namespace {

edge::Client client_of(std::uint8_t how) {
  edge::Client client{(how & 1) == 0 ? edge::Transport::Udp : edge::Transport::Tcp, {192, 0, 2}, 4};
  if ((how & 2) != 0) client.address_octets = 16;
  return client;
}

void check_silence(base::ByteView message) {
  const bool is_query = message.size() >= dns::header_octets && (message[2] & 0x80) == 0;
  TIDEMARK_CHECK(!is_query, "silence is for responses and stubs only");
}

// As workers ask, step by step; the Arrival is the one of the message before, as theirs is.
edge::Reply ask_in_steps(base::ByteView message, bool limited, const edge::Client& client,
                         const edge::Moment& now, const consumer::Snapshot& snapshot,
                         const edge::AnswerSettings& settings, base::Bytes& room) {
  static edge::Arrival arrival;
  arrival.begin(message, snapshot);
  arrival.probe();
  arrival.prefetch();
  arrival.settle(snapshot);
  arrival.prefetch_next();
  return limited ? edge::respond_limited(arrival, client, now, snapshot, settings, room)
                 : edge::respond(arrival, client, now, snapshot, settings, room);
}

}  // namespace

base::ByteView ask(base::ByteView message, std::uint8_t how, const consumer::Snapshot& snapshot) {
  static const edge::AnswerSettings settings{
      .nsid = "node", .id_server = "here", .version_bind = "fuzz"};
  static base::Bytes room(dns::message_octets_max), room_of_steps(dns::message_octets_max);
  const edge::Client client = client_of(how);
  const edge::Moment now{.unix_seconds = 1'800'000'000,
                         .stale_seconds = (how & 4) != 0 ? 9999u : 0u};
  const bool limited = (how & 0x88) == 0x88 && client.transport == edge::Transport::Udp;
  const auto before = support::allocations_of_this_thread;
  const edge::Reply reply =
      limited ? edge::respond_limited(message, client, now, snapshot, settings, room)
              : edge::respond(message, client, now, snapshot, settings, room);
  const edge::Reply in_steps =
      ask_in_steps(message, limited, client, now, snapshot, settings, room_of_steps);
  TIDEMARK_CHECK(support::allocations_of_this_thread == before, "an answer allocates nothing");
  TIDEMARK_CHECK(std::ranges::equal(base::ByteView(room).first(reply.octets),
                                    base::ByteView(room_of_steps).first(in_steps.octets)),
                 "in steps or at once: the same octets");
  if (reply.octets == 0) {
    check_silence(message);
    return {};
  }
  const base::ByteView octets = base::ByteView(room).first(reply.octets);
  check_reply(message, octets, client.transport == edge::Transport::Udp);
  const auto read = dns::read_message(octets);
  TIDEMARK_CHECK(read.has_value(), "a reply is a sound message to our own reader");
  TIDEMARK_CHECK(read->rcode() == reply.rcode, "the RCODE is what was told");
  TIDEMARK_CHECK(reply.truncated == ((read->flags & dns::flag_tc) != 0), "TC is what was told");
  TIDEMARK_CHECK(!limited || read->answer.empty(), "a limited source gets no data");
  constexpr std::size_t server_cookie_octets = 16;
  TIDEMARK_CHECK(!limited || octets.size() <= message.size() + server_cookie_octets,
                 "what a limited source gets is hardly larger than what it sent");
  return octets;
}

consumer::Snapshot snapshot_of(dataset::Dataset dataset) {
  auto health = health::HealthView::freeze(dataset, health::Observations(), -1);
  dns::CookieSecrets secrets;
  secrets.count = 1;
  secrets.secrets[0] = dns::CookieSecret{1, 2, 3};
  return {std::move(dataset), std::move(health), secrets};
}

}  // namespace tidemark::fuzz
