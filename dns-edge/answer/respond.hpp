// respond: one datagram or TCP message in, one response out, or silence. All that the edge says.
//
// Untrusted bytes meet the house here: whatever comes in, what goes out is a well-formed message
// within its size limit, computed from the given Snapshot alone.
//
// Many messages are answered quicker together: begin() for each of them, then probe() for each,
// then prefetch() for each, then respond() for each. What one step asks the cache for has come when
// the next one wants it.
//
// Requires  `out` holds dns::udp_payload_octets (UDP) or dns::message_octets_max (TCP).
// Threads   Any.
// Cost      No allocation, no clock, no lock; work bounded whatever the query says.
// RFC       1035, 2181, 6891, 8906 and those of answer.hpp
#pragma once

#include <span>

#include "consumer/snapshot/snapshot.hpp"
#include "core/base/bytes.hpp"
#include "core/dns/message.hpp"
#include "dns-edge/answer/locate.hpp"
#include "dns-edge/answer/lookup.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

struct Trace;  // trace.hpp

// A message that is parsed and whose name is looked for. Used again and again: nothing is reset but
// what the next message needs. Message and Snapshot outlive its use.
//
// The steps after begin() only ask the cache for what respond() will read; each may be left out.
class Arrival {
 public:
  void begin(base::ByteView message, const consumer::Snapshot& snapshot) noexcept;
  void probe() noexcept {
    if (is_looked_for_) lookup_.probe();
  }
  void prefetch() const noexcept {
    if (is_looked_for_) lookup_.prefetch();
  }
  // Finds the name; where that leads to another one (a wildcard, an alias's target, the server of a
  // delegation), asks for its place, and then for its node.
  void settle(const consumer::Snapshot& snapshot) noexcept;
  void prefetch_next() const noexcept;

  const dns::Query& query() const noexcept { return query_; }
  dns::QueryVerdict verdict() const noexcept { return verdict_; }
  // A question of class IN: its Lookup has begun.
  bool is_looked_for() const noexcept { return is_looked_for_; }
  const Lookup& lookup() const noexcept { return lookup_; }
  // Requires is_looked_for() and a zone.
  Match match() const noexcept { return match_ ? *match_ : locate(lookup_, query_.qtype); }

 private:
  enum class Next : std::uint8_t { Nothing, Wildcard, Name };

  dns::Query query_;
  Lookup lookup_;
  dns::QueryVerdict verdict_ = dns::QueryVerdict::Silence;
  bool is_looked_for_ = false;
  Next next_ = Next::Nothing;
  std::optional<Match> match_;
  Lookup next_lookup_;
  dataset::TableProbe next_probe_;
};

// Requires `arrival` to have begun with this Snapshot.
Reply respond(const Arrival& arrival, const Client& client, const Moment& now,
              const consumer::Snapshot& snapshot, const AnswerSettings& settings,
              std::span<std::uint8_t> out, Trace* trace = nullptr) noexcept;
Reply respond_limited(const Arrival& arrival, const Client& client, const Moment& now,
                      const consumer::Snapshot& snapshot, const AnswerSettings& settings,
                      std::span<std::uint8_t> out) noexcept;

// The same for one message alone. Writes its steps into `trace`, if there is one: the same octets
// are sent.
Reply respond(base::ByteView message, const Client& client, const Moment& now,
              const consumer::Snapshot& snapshot, const AnswerSettings& settings,
              std::span<std::uint8_t> out, Trace* trace = nullptr) noexcept;

// What a source over its limit gets: the question and an OPT with TC=1, so that who is real asks
// again over TCP; of who sent a client cookie: BADCOOKIE with a fresh one. Errors stay what they
// are. Never more than the query and a server cookie. Over TCP: silence, which closes.
Reply respond_limited(base::ByteView message, const Client& client, const Moment& now,
                      const consumer::Snapshot& snapshot, const AnswerSettings& settings,
                      std::span<std::uint8_t> out) noexcept;

}  // namespace tidemark::edge
