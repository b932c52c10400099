#include "dns-edge/answer/answer.hpp"

#include <algorithm>
#include <array>

#include "dns-edge/answer/addresses.hpp"
#include "dns-edge/answer/locate.hpp"
#include "dns-edge/answer/name_answer.hpp"
#include "dns-edge/answer/trace.hpp"

namespace tidemark::edge {

namespace {

using base::ByteView;
using dataset::Node;
using dataset::Zone;
using dns::NameView;
using dns::Rcode;
using dns::RrType;

// Of a type that may stand beside a CNAME (RFC 4035 section 2.5) the name itself is asked.
bool follows_cname(RrType type) noexcept {
  return type != RrType::Cname && type != RrType::Any && type != RrType::Rrsig &&
         type != RrType::Nsec;
}

// One question on its way: the name that is asked for now, and where it stands in the message.
class Answering {
 public:
  Answering(const consumer::Snapshot& snapshot, const dns::Query& query, const Lookup& lookup,
            Transport transport, const Moment& now, ResponseWriter& out, Trace* trace) noexcept
      : snapshot_(snapshot),
        query_(query),
        lookup_(&lookup),
        transport_(transport),
        now_(now),
        out_(out),
        trace_(trace),
        name_(out.question_name()) {
    seen_[0] = name_.name.wire();
  }

  Outcome run() noexcept {
    while (step() && !out_.overflowed()) {
    }
    return outcome_;
  }

 private:
  // True if an alias led to another name.
  bool step() noexcept {
    const auto& zone = lookup_->zone();
    if (trace_ != nullptr) trace_->begin(name_.name, zone);
    if (!zone) return leave_hosted_names(ExtendedError::NotAuthoritative);
    const Match match = locate(*lookup_, query_.qtype);
    if (trace_ != nullptr) trace_->now().match = match;
    if (is_expired(*zone)) {
      note_end(NameEnd::Expired);
      return leave_hosted_names(ExtendedError::ZoneExpired);
    }
    if (hops_ == 0) {
      outcome_.zone = zone;
      outcome_.authoritative = match.kind != MatchKind::Cut;
    }
    switch (match.kind) {
      case MatchKind::Cut:       refer(*zone, match.node); return false;
      case MatchKind::Dname:     return redirect(match.node);
      case MatchKind::CutItself: answer_ds(*zone, match.node); return false;
      case MatchKind::Name:
      case MatchKind::Wildcard:  return answer_from(*zone, match.node);
      case MatchKind::NoName:    deny(*zone, rcode_of_missing(*zone)); return false;
    }
    return false;
  }

  bool is_expired(const Zone& zone) const noexcept {
    if (now_.stale_seconds == 0) return false;
    const std::uint32_t limit = zone.settings().expire_seconds;
    return limit != 0 && now_.stale_seconds > limit;
  }

  // RFC 1034 step 1 without a zone: never an upward referral.
  bool leave_hosted_names(ExtendedError why) noexcept {
    if (hops_ == 0) {
      outcome_.rcode = Rcode::Refused;
      outcome_.extended_error = why;
    }
    return false;
  }

  // DS of a hosted zone that its hosted parent does not delegate: the name exists all the same.
  Rcode rcode_of_missing(const Zone& zone) const noexcept {
    if (query_.qtype != RrType::Ds) return Rcode::NxDomain;
    const auto below = snapshot_.dataset.find_zone(name_.name);
    return below && below->identity() != zone.identity() ? Rcode::NoError : Rcode::NxDomain;
  }

  bool answer_from(const Zone& zone, const Node& node) noexcept {
    if (node.owns_cname() && follows_cname(query_.qtype))
      return follow_cname(*node.find(RrType::Cname));
    // What is asked for may have led here: then it stands in the answer already.
    if (query_.qtype == RrType::Dname && node.owns_dname() && !is_first_use(node)) return false;
    const NameAnswer found =
        put_name_answer(snapshot_, query_.qtype, transport_, node, name_, out_, trace_);
    if (found == NameAnswer::Nothing) deny(zone, Rcode::NoError);
    if (found == NameAnswer::NoMember) outcome_.rcode = Rcode::ServFail;
    if (found == NameAnswer::NoMember) note_end(NameEnd::NoMember);
    if (found == NameAnswer::Written && query_.qtype == RrType::Ns && hops_ == 0) {
      outcome_.addresses = {Addresses::Which::Targets, zone, node};
    }
    return false;
  }

  void answer_ds(const Zone& zone, const Node& cut) noexcept {
    const auto ds = cut.find(RrType::Ds);
    if (!ds) return deny(zone, Rcode::NoError);
    note_found(RrType::Ds);
    out_.put_rrset(Section::Answer, *ds, name_.name, name_);
  }

  bool follow_cname(const dataset::RrsetView& cname) noexcept {
    const auto target = NameView::trusted(cname.first_rdata());
    note_end(NameEnd::Cname);
    return follow(out_.put_cname(name_.name, name_, cname.ttl().value(), ByteView{}, target));
  }

  // RFC 6672 section 3.2.
  bool redirect(const Node& owner) noexcept {
    const auto dname = owner.find(RrType::Dname);
    const NameView above = owner.name();
    if (is_first_use(owner)) out_.put_rrset(Section::Answer, *dname, above, name_);
    const auto target = NameView::trusted(dname->first_rdata());
    const ByteView wire = name_.name.wire();
    const ByteView prefix = wire.first(wire.size() - above.wire().size());
    if (prefix.size() + target.wire().size() > dns::name_octets_max) {
      outcome_.rcode = Rcode::YxDomain;
      note_end(NameEnd::YxDomain);
      return false;
    }
    const Placed next = out_.put_cname(name_.name, name_, dname->ttl().value(), prefix, target);
    note_end(NameEnd::Dname);
    if (query_.qtype == RrType::Cname || query_.qtype == RrType::Any) return stop(AliasStop::Asked);
    return follow(next);
  }

  // A DNAME that redirects twice stands once in the answer.
  bool is_first_use(const Node& owner) noexcept {
    const ByteView wire = owner.name().wire();
    for (std::size_t i = 0; i < dnames_; ++i) {
      if (dname_owners_[i].data() == wire.data()) return false;
    }
    dname_owners_[dnames_++] = wire;
    return true;
  }

  bool follow(const Placed& next) noexcept {
    if (out_.overflowed()) return stop(AliasStop::Overflow);
    if (++hops_ > aliases_max) return stop(AliasStop::Limit);
    const auto text = base::as_text(next.name.wire());
    for (std::size_t i = 0; i < hops_; ++i) {
      if (base::as_text(seen_[i]) == text) return stop(AliasStop::Loop);
    }
    seen_[hops_] = next.name.wire();
    name_ = next;
    target_.begin(snapshot_.dataset, name_.name, query_.qtype);
    lookup_ = &target_;
    return true;
  }

  void refer(const Zone& zone, const Node& cut) noexcept {
    note_end(NameEnd::Referral);
    put_referral(zone, cut, name_, out_);
    outcome_.addresses = {Addresses::Which::Sibling, zone, cut};
  }

  // NODATA or NXDOMAIN: the SOA with the TTL of RFC 2308 section 3.
  void deny(const Zone& zone, Rcode rcode) noexcept {
    outcome_.rcode = rcode;
    note_end(rcode == Rcode::NxDomain ? NameEnd::NxDomain : NameEnd::Nodata);
    const auto soa = zone.apex().find(RrType::Soa);
    if (!soa) return;
    const ByteView rdata = soa->first_rdata();
    const std::uint32_t minimum = base::load_u32(rdata.last(4).data());
    const std::uint32_t ttl = std::min(soa->ttl().value(), minimum);
    if (trace_ != nullptr) trace_->now().negative_ttl = ttl;
    out_.put_soa(zone.name(), name_, ttl, rdata);
  }

  bool stop(AliasStop why) noexcept {
    if (trace_ != nullptr) trace_->now().stop = why;
    return false;
  }
  void note_end(NameEnd end) noexcept {
    if (trace_ != nullptr) trace_->now().end = end;
  }
  void note_found(RrType type) noexcept {
    if (trace_ == nullptr) return;
    trace_->now().end = NameEnd::Answered;
    trace_->now().found(type);
  }

  const consumer::Snapshot& snapshot_;
  const dns::Query& query_;
  const Lookup* lookup_;  // of name_
  Lookup target_;         // of an alias
  const Transport transport_;
  const Moment& now_;
  ResponseWriter& out_;
  Trace* const trace_;
  Placed name_;
  std::size_t hops_ = 0;
  std::array<ByteView, aliases_max + 1> seen_;
  std::array<ByteView, aliases_max + 1> dname_owners_;
  std::size_t dnames_ = 0;
  Outcome outcome_;
};

}  // namespace

Outcome answer(const consumer::Snapshot& snapshot, const dns::Query& query, const Lookup& lookup,
               Transport transport, const Moment& now, ResponseWriter& out, Trace* trace) noexcept {
  return Answering(snapshot, query, lookup, transport, now, out, trace).run();
}

}  // namespace tidemark::edge
