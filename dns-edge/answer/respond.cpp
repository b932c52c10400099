#include "dns-edge/answer/respond.hpp"

#include <algorithm>

#include "dns-edge/answer/addresses.hpp"
#include "dns-edge/answer/answer.hpp"
#include "dns-edge/answer/chaos.hpp"
#include "dns-edge/answer/options.hpp"
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

// All of a call to respond() but the query, which is made in it.
struct Exchange {
  const Client& client;
  const Moment& now;
  const Snapshot& snapshot;
  const AnswerSettings& settings;
  std::span<std::uint8_t> room;  // cut to what the client takes
  Trace* trace;                  // null in production
};

std::size_t octets_allowed(const Query& query, Transport transport) noexcept {
  if (transport == Transport::Tcp) return dns::message_octets_max;
  const std::size_t offered = query.has_opt ? query.payload_octets : 0;
  return std::clamp(offered, dns::udp_payload_octets_min, dns::udp_payload_octets);
}

// Errors of messages that never became a question: header, the question if it parsed, no OPT.
Reply plain_error(const Exchange& exchange, const Query& query, Rcode rcode) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  return {out.finish_without_opt(0, rcode), rcode};
}

std::size_t additional_of(const ResponseWriter& out) noexcept {
  return out.mark().counts[static_cast<std::size_t>(Section::Additional)];
}

// Everything else ends here: the optional parts as far as they fit, then the OPT.
Reply finish(const Exchange& exchange, const Query& query, const Outcome& outcome,
             ResponseWriter& out) noexcept {
  const std::uint16_t aa = outcome.authoritative ? dns::flag_aa : 0;
  Options options;
  if (query.has_opt) {
    options = choose_options(exchange.snapshot, query, exchange.client.transport, exchange.settings,
                             outcome, out.room());
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
Reply too_large(const Exchange& exchange, const Outcome& outcome, ResponseWriter& out) noexcept {
  out.drop_records();
  if (exchange.trace != nullptr) exchange.trace->did_not_fit = true;
  if (exchange.client.transport == Transport::Tcp) {
    return {out.finish(0, Rcode::ServFail, {}), Rcode::ServFail};
  }
  const std::uint16_t aa = outcome.authoritative ? dns::flag_aa : 0;
  const auto flags = static_cast<std::uint16_t>(aa | dns::flag_tc);
  return {out.finish(flags, outcome.rcode, {}), outcome.rcode, true};
}

Reply answer_question(const Exchange& exchange, const Query& query) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  Outcome outcome =
      answer(exchange.snapshot, query, exchange.client.transport, out, exchange.trace);
  if (out.overflowed()) return too_large(exchange, outcome, out);
  if (outcome.rcode == Rcode::ServFail) {
    out.drop_records();
    outcome.authoritative = false;
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

// Checks 11 to 13 of dns-answers section 1: class and type.
Reply judge_question(const Exchange& exchange, const Query& query) noexcept {
  if (query.qclass == RrClass::Ch) return answer_chaos(exchange, query);
  if (query.qclass != RrClass::In) {
    return with_opt(
        exchange, query,
        Outcome{.rcode = Rcode::Refused, .extended_error = ExtendedError::NotSupported});
  }
  switch (query.qtype) {
    case RrType::Axfr:
    case RrType::Ixfr:  return error(exchange, query, Rcode::Refused);
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

Reply answer_limited(const Exchange& exchange, const Query& query) noexcept {
  ResponseWriter out(exchange.room, query, query.question);
  return {out.finish(dns::flag_tc, Rcode::NoError, {}), Rcode::NoError, true};
}

using AnswerTo = Reply (*)(const Exchange&, const Query&) noexcept;

Reply respond_by(AnswerTo answer_to, ByteView message, const Client& client, const Moment& now,
                 const Snapshot& snapshot, const AnswerSettings& settings,
                 std::span<std::uint8_t> out, Trace* trace) noexcept {
  Query query;
  const QueryVerdict verdict = dns::parse_query(message, query);
  const std::size_t allowed = std::min(out.size(), octets_allowed(query, client.transport));
  if (allowed < dns::udp_payload_octets_min) return {};
  const Exchange exchange{client, now, snapshot, settings, out.first(allowed), trace};
  if (trace != nullptr) {
    trace->verdict = verdict;
    trace->octets_max = allowed;
  }
  switch (verdict) {
    case QueryVerdict::Answer:        return answer_to(exchange, query);
    case QueryVerdict::Silence:       return {};
    case QueryVerdict::CookieOnly:    // without a secret there is no cookie to give
    case QueryVerdict::FormErr:       return plain_error(exchange, query, Rcode::FormErr);
    case QueryVerdict::FormErrOpt:    return error(exchange, query, Rcode::FormErr);
    case QueryVerdict::NotImp:        return plain_error(exchange, query, Rcode::NotImp);
    case QueryVerdict::RefusedUpdate: return plain_error(exchange, query, Rcode::Refused);
    case QueryVerdict::BadVers:       return error(exchange, query, Rcode::BadVers);
    case QueryVerdict::NotAuthTsig:   return refuse_key(exchange, query);
    case QueryVerdict::RefusedIxfr:   return error(exchange, query, Rcode::Refused);
  }
  return {};
}

}  // namespace

Reply respond(ByteView message, const Client& client, const Moment& now, const Snapshot& snapshot,
              const AnswerSettings& settings, std::span<std::uint8_t> out, Trace* trace) noexcept {
  return respond_by(judge_question, message, client, now, snapshot, settings, out, trace);
}

Reply respond_limited(ByteView message, const Client& client, const Moment& now,
                      const Snapshot& snapshot, const AnswerSettings& settings,
                      std::span<std::uint8_t> out) noexcept {
  return respond_by(answer_limited, message, client, now, snapshot, settings, out, nullptr);
}

}  // namespace tidemark::edge
