#include "dns-edge/answer/respond.hpp"

#include <algorithm>

#include "dns-edge/answer/addresses.hpp"
#include "dns-edge/answer/answer.hpp"
#include "dns-edge/answer/chaos.hpp"
#include "dns-edge/answer/options.hpp"
#include "dns-edge/answer/plain_answer.hpp"
#include "dns-edge/answer/response_writer.hpp"
#include "dns-edge/answer/trace.hpp"

namespace tidemark::edge {

namespace {

using base::ByteView;
using consumer::Snapshot;
using dns::Query;
using dns::QueryVerdict;
using dns::Rcode;
using dns::RrClass;
using dns::RrType;

struct CookieReply {
  CookieState state = CookieState::None;
  dns::CookieValue cookie{};  // unless None: what the client gets

  ByteView option() const noexcept {
    return state == CookieState::None ? ByteView{} : ByteView(cookie);
  }
};

// All of a call to respond() but the query.
struct Exchange {
  const Lookup& lookup;
  const Client& client;
  const Moment& now;
  const Snapshot& snapshot;
  const AnswerSettings& settings;
  const CookieReply& cookie;
  std::span<std::uint8_t> room;  // cut to what the client takes
  Trace* trace;                  // null in production
  bool limited;                  // nothing goes out that is not required
};

std::size_t octets_allowed(const Query& query, Transport transport) noexcept {
  if (transport == Transport::Tcp) return dns::message_octets_max;
  const std::size_t offered = query.has_opt ? query.payload_octets : 0;
  return std::clamp(offered, dns::udp_payload_octets_min, dns::udp_payload_octets);
}

CookieReply judge(const Query& query, const Client& client, const Moment& now,
                  const dns::CookieSecrets& secrets) noexcept {
  if (query.cookie.empty() || secrets.empty() || client.address_octets == 0) return {};
  const ByteView address = ByteView(client.address).first(client.address_octets);
  const auto judged = dns::judge_cookie(query.cookie, address, now.unix_seconds, secrets);
  return {judged.valid ? CookieState::Valid : CookieState::ClientOnly, judged.reply};
}

// Octets of the OPT's options that are never left out.
std::size_t required_options(const Exchange& exchange) noexcept {
  const ByteView cookie = exchange.cookie.option();
  return cookie.empty() ? 0 : option_header_octets + cookie.size();
}

// Errors of messages that never became a question: header, the question if it parsed, no OPT.
Reply plain_error(const Exchange& exchange, const Query& query, Rcode rcode) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  return {out.finish_without_opt(0, rcode), rcode};
}

std::size_t additional_of(const ResponseWriter& out) noexcept {
  return out.mark().counts[static_cast<std::size_t>(Section::Additional)];
}

// Header, question and OPT, of whose options only the cookie.
Reply finish_bare(const Exchange& exchange, std::uint16_t flags, Rcode rcode,
                  ResponseWriter& out) noexcept {
  Options options;
  const ByteView cookie = exchange.cookie.option();
  if (!cookie.empty()) options.put_cookie(cookie, out.room());
  const bool truncated = (flags & dns::flag_tc) != 0;
  return {out.finish(flags, rcode, options.view()), rcode, truncated};
}

// Everything else ends here: the optional parts as far as they fit, then the OPT.
Reply finish(const Exchange& exchange, const Query& query, const Outcome& outcome,
             ResponseWriter& out) noexcept {
  const std::uint16_t aa = outcome.authoritative ? dns::flag_aa : 0;
  if (exchange.limited) return finish_bare(exchange, aa, outcome.rcode, out);
  Options options;
  if (query.has_opt) {
    options = choose_options(exchange.snapshot, query, exchange.client.transport, exchange.settings,
                             outcome, exchange.cookie.option(), out.room());
  }
  const std::size_t required = additional_of(out);
  const std::size_t left_out = put_addresses(outcome.addresses, options.view().size(), out);
  if (exchange.trace != nullptr) {
    exchange.trace->additional_required = required;
    exchange.trace->additional_optional = additional_of(out) - required;
    exchange.trace->rrsets_left_out = left_out;
  }
  return {out.finish(aa, outcome.rcode, options.view()), outcome.rcode};
}

Reply with_opt(const Exchange& exchange, const Query& query, const Outcome& outcome) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  return finish(exchange, query, outcome, out);
}

// An error of a message that was understood: question and OPT come back.
Reply error(const Exchange& exchange, const Query& query, Rcode rcode) noexcept {
  return with_opt(exchange, query, Outcome{.rcode = rcode});
}

// RFC 2181 section 9: nothing of what did not fit whole. On TCP it cannot be helped.
Reply too_large(const Exchange& exchange, const Query& query, const Outcome& outcome,
                ResponseWriter& out) noexcept {
  out.drop_records();
  if (exchange.trace != nullptr) exchange.trace->did_not_fit = true;
  if (exchange.client.transport == Transport::Tcp) {
    return finish(exchange, query, Outcome{.rcode = Rcode::ServFail, .zone = outcome.zone}, out);
  }
  const std::uint16_t aa = outcome.authoritative ? dns::flag_aa : 0;
  const auto flags = static_cast<std::uint16_t>(aa | dns::flag_tc);
  return finish_bare(exchange, flags, outcome.rcode, out);
}

bool is_stale(const Exchange& exchange) noexcept {
  const std::uint32_t threshold = exchange.settings.stale_answer_seconds;
  return threshold != 0 && exchange.now.stale_seconds >= threshold;
}

Reply answer_question(const Exchange& exchange, const Query& query) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  Outcome outcome = answer(exchange.snapshot, query, exchange.lookup, exchange.client.transport,
                           exchange.now, out, exchange.trace);
  if (out.overflowed() || out.room() < required_options(exchange)) {
    return too_large(exchange, query, outcome, out);
  }
  if (outcome.rcode == Rcode::ServFail) {
    out.drop_records();
    outcome.authoritative = false;
  }
  if (!outcome.extended_error && is_stale(exchange)) {
    outcome.extended_error = ExtendedError::StaleAnswer;
  }
  return finish(exchange, query, outcome, out);
}

Reply answer_chaos(const Exchange& exchange, const Query& query) noexcept {
  const std::string_view text = chaos_text(query, exchange.settings);
  if (text.empty()) return error(exchange, query, Rcode::Refused);
  ResponseWriter out(exchange.room, query, query.question);
  out.put_chaos_text(text);
  return finish(exchange, query, Outcome{.authoritative = true}, out);
}

Reply answer_limited(const Exchange& exchange, const Query& query) noexcept {
  if (exchange.client.transport == Transport::Tcp) return {};
  ResponseWriter out(exchange.room, query, query.question);
  const bool may_prove_itself = exchange.cookie.state == CookieState::ClientOnly;
  if (may_prove_itself) return finish_bare(exchange, 0, Rcode::BadCookie, out);
  return finish_bare(exchange, dns::flag_tc, Rcode::NoError, out);
}

// Of any zone and anybody: what is hosted here is not told by it.
Reply refuse_transfer(const Exchange& exchange, const Query& query) noexcept {
  return with_opt(exchange, query,
                  Outcome{.rcode = Rcode::Refused, .extended_error = ExtendedError::Prohibited});
}

// Checks 11 to 13 of dns-answers section 1: class and type.
Reply judge_question(const Exchange& exchange, const Query& query) noexcept {
  if (exchange.limited) return answer_limited(exchange, query);
  if (query.qclass == RrClass::Ch) return answer_chaos(exchange, query);
  if (query.qclass != RrClass::In) {
    return with_opt(
        exchange, query,
        Outcome{.rcode = Rcode::Refused, .extended_error = ExtendedError::NotSupported});
  }
  switch (query.qtype) {
    case RrType::Axfr:
    case RrType::Ixfr:  return refuse_transfer(exchange, query);
    case RrType::Mailb:
    case RrType::Maila: return error(exchange, query, Rcode::NotImp);
    case RrType::Opt:
    case RrType::Tsig:
    case RrType::Tkey:  return error(exchange, query, Rcode::FormErr);
    case RrType::Nxname:
      return with_opt(
          exchange, query,
          Outcome{.rcode = Rcode::FormErr, .extended_error = ExtendedError::InvalidQueryType});
    default: return answer_question(exchange, query);
  }
}

Reply refuse_key(const Exchange& exchange, const Query& query) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  return {out.finish_with_bad_key(Rcode::NotAuth), Rcode::NotAuth};
}

// RFC 7873 section 5.4: no question, only a cookie to be had or checked.
Reply answer_cookie(const Exchange& exchange, const Query& query) noexcept {
  if (exchange.cookie.state == CookieState::None) {  // no secret: there is none to give
    return plain_error(exchange, query, Rcode::FormErr);
  }
  const bool wrong = exchange.cookie.state == CookieState::ClientOnly &&
                     query.cookie.size() != dns::client_cookie_octets;
  ResponseWriter out(exchange.room, query, query.question);
  const bool udp = exchange.client.transport == Transport::Udp;
  return finish_bare(exchange, 0, wrong && udp ? Rcode::BadCookie : Rcode::NoError, out);
}

Reply reply_to(QueryVerdict verdict, const Exchange& exchange, const Query& query) noexcept {
  switch (verdict) {
    case QueryVerdict::Answer:        return judge_question(exchange, query);
    case QueryVerdict::Silence:       return {};
    case QueryVerdict::CookieOnly:    return answer_cookie(exchange, query);
    case QueryVerdict::FormErr:       return plain_error(exchange, query, Rcode::FormErr);
    case QueryVerdict::FormErrOpt:    return error(exchange, query, Rcode::FormErr);
    case QueryVerdict::NotImp:        return plain_error(exchange, query, Rcode::NotImp);
    case QueryVerdict::RefusedUpdate: return plain_error(exchange, query, Rcode::Refused);
    case QueryVerdict::BadVers:       return error(exchange, query, Rcode::BadVers);
    case QueryVerdict::NotAuthTsig:   return refuse_key(exchange, query);
    case QueryVerdict::RefusedIxfr:   return refuse_transfer(exchange, query);
  }
  return {};
}

Reply respond_by(bool limited, const Arrival& arrival, const Client& client, const Moment& now,
                 const Snapshot& snapshot, const AnswerSettings& settings,
                 std::span<std::uint8_t> out, Trace* trace) noexcept {
  const Query& query = arrival.query();
  const std::size_t allowed = std::min(out.size(), octets_allowed(query, client.transport));
  if (allowed < dns::udp_payload_octets_min) return {};
  const CookieReply cookie = judge(query, client, now, snapshot.cookie_secrets);
  if (!limited && trace == nullptr) {
    Reply plain =
        put_plain_answer(arrival, snapshot, cookie.option(), now, settings, out.first(allowed));
    plain.cookie = cookie.state;
    if (plain.octets != 0) return plain;
  }
  const Exchange exchange{arrival.lookup(),   client, now,    snapshot, settings, cookie,
                          out.first(allowed), trace,  limited};
  if (trace != nullptr) {
    trace->verdict = arrival.verdict();
    trace->octets_max = allowed;
  }
  Reply reply = reply_to(arrival.verdict(), exchange, query);
  reply.cookie = cookie.state;
  return reply;
}

}  // namespace

Reply respond(const Arrival& arrival, const Client& client, const Moment& now,
              const Snapshot& snapshot, const AnswerSettings& settings, std::span<std::uint8_t> out,
              Trace* trace) noexcept {
  return respond_by(false, arrival, client, now, snapshot, settings, out, trace);
}

Reply respond_limited(const Arrival& arrival, const Client& client, const Moment& now,
                      const Snapshot& snapshot, const AnswerSettings& settings,
                      std::span<std::uint8_t> out) noexcept {
  return respond_by(true, arrival, client, now, snapshot, settings, out, nullptr);
}

Reply respond(ByteView message, const Client& client, const Moment& now, const Snapshot& snapshot,
              const AnswerSettings& settings, std::span<std::uint8_t> out, Trace* trace) noexcept {
  Arrival arrival;
  arrival.begin(message, snapshot);
  return respond(arrival, client, now, snapshot, settings, out, trace);
}

Reply respond_limited(ByteView message, const Client& client, const Moment& now,
                      const Snapshot& snapshot, const AnswerSettings& settings,
                      std::span<std::uint8_t> out) noexcept {
  Arrival arrival;
  arrival.begin(message, snapshot);
  return respond_limited(arrival, client, now, snapshot, settings, out);
}

}  // namespace tidemark::edge
