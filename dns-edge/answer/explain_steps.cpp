#include "dns-edge/answer/explain_steps.hpp"

#include <algorithm>
#include <bit>

namespace tidemark::edge {

namespace {

using dns::NameView;
using dns::Rcode;
using dns::RrType;

NameView target_of(const dataset::Node& node, RrType type) {
  return NameView::trusted(node.find(type)->first_rdata());
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// "A, TXT": what a name holds, pools by their public face.
std::string types_of(const dataset::Node& node) {
  std::string text;
  for (const dataset::RrsetView rrset : node) {
    text += (text.empty() ? "" : ", ") +
            (rrset.type() == RrType::Pool ? "a pool" : dns::to_text(rrset.type()));
  }
  return text;
}

// The steps of one name. `next` is the name that its alias led to, if it was followed.
class NameSteps {
 public:
  NameSteps(Explanation& shown, const TracedName& traced, const WhyQuestion& question,
            const consumer::Snapshot& snapshot)
      : shown_(shown),
        traced_(traced),
        question_(question),
        snapshot_(snapshot),
        name_(traced.name().to_text()),
        type_(dns::to_text(question.type)) {}

  void put(bool first, const TracedName* next) {
    if (!traced_.zone) return put_not_hosted(first);
    put_zone();
    put_match();
    put_end(next);
    put_stop();
  }

 private:
  void step(const std::string& kind, const std::string& at, const std::string& text) {
    shown_.steps.push_back({kind, name_, at, text});
  }
  const dataset::Node& node() const { return traced_.match->node; }
  std::string node_name() const { return node().name().to_text(); }

  void put_not_hosted(bool first) {
    if (first) {
      return step("refused", "", "no zone of this node is at or above " + name_ + ": REFUSED");
    }
    step("stop", "", "no zone of this node is at or above " + name_ + ": the answer ends here");
  }

  void put_zone() {
    const dataset::Zone& zone = *traced_.zone;
    const std::string apex = zone.name().to_text();
    std::string text = name_ + " is in zone " + apex + ", serial " +
                       std::to_string(zone.serial().value()) + ", last changed by seq " +
                       std::to_string(zone.seq().value());
    const bool parent_side = question_.type == RrType::Ds && !(zone.name() == traced_.name()) &&
                             snapshot_.dataset.find_zone(traced_.name());
    if (parent_side) text += "; " + name_ + " is a zone of its own, but DS belongs to its parent";
    step("zone", apex, text);
  }

  // How far the walk from the apex came.
  std::string walked() const {
    const std::size_t labels = node().name().label_count() - traced_.zone->name().label_count();
    if (labels == 0) return "";
    return plural(labels, "label") + " below the apex, ";
  }

  void put_match() {
    switch (traced_.match->kind) {
      case MatchKind::Name:
        if (node().is_empty_non_terminal()) {
          return step("ent", node_name(),
                      walked() + name_ + " owns nothing, but names below it exist: an empty " +
                          "non-terminal");
        }
        return step("name", node_name(), walked() + name_ + " exists and owns " + types_of(node()));
      case MatchKind::Wildcard: {
        const std::string encloser = node().name().parent().to_text();
        return step("wildcard", node_name(),
                    name_ + " does not exist; its closest encloser is " + encloser + ", whose " +
                        node_name() + " stands for it and owns " +
                        (node().is_empty_non_terminal() ? "nothing" : types_of(node())));
      }
      case MatchKind::Cut:
        return step("cut", node_name(),
                    walked() + node_name() + " is a zone cut: what is at or below it is delegated");
      case MatchKind::CutItself:
        return step("cut", node_name(),
                    walked() + node_name() + " is a zone cut: of it DS alone is answered here");
      case MatchKind::Dname:
        return step("dname", node_name(),
                    node_name() + " owns a DNAME: all names below it are redirected");
      case MatchKind::NoName:
        return step("missing", node_name(),
                    name_ + " does not exist; its closest encloser is " + node_name() +
                        ", which has no wildcard below it");
    }
  }

  void put_end(const TracedName* next) {
    put_pools();
    switch (traced_.end) {
      case NameEnd::NotHosted: return;
      case NameEnd::Expired:
        return step("expired", traced_.zone->name().to_text(),
                    "nothing was heard from the log for longer than the zone's expire_seconds of " +
                        std::to_string(traced_.zone->settings().expire_seconds) +
                        ": the zone is no longer answered for");
      case NameEnd::Referral:
        return step("referral", node_name(),
                    "the NS of " + node_name() + " go into the authority section");
      case NameEnd::Answered: return put_answered();
      case NameEnd::Cname:
        return step("alias", node_name(), "CNAME to " + target_of(node(), RrType::Cname).to_text());
      case NameEnd::Dname:
        return step("synthesis", node_name(),
                    "DNAME to " + target_of(node(), RrType::Dname).to_text() +
                        ": a CNAME is made from it" +
                        (next == nullptr ? "" : ", to " + next->name().to_text()));
      case NameEnd::YxDomain:
        return step("yxdomain", node_name(),
                    "DNAME to " + target_of(node(), RrType::Dname).to_text() +
                        ": the new name would be longer than 255 octets: YXDOMAIN");
      case NameEnd::Nodata:   return put_negative("nodata", "no " + type_ + " there: NODATA");
      case NameEnd::NxDomain: return put_negative("nxdomain", "NXDOMAIN");
      case NameEnd::NoMember:
        return step("servfail", node_name(), "its pool may give no member: SERVFAIL");
    }
  }

  void put_answered() {
    std::string types;
    for (std::size_t i = 0; i < std::min(traced_.type_count, TracedName::types_max); ++i) {
      types += (types.empty() ? "" : ", ") + dns::to_text(traced_.types[i]);
    }
    if (traced_.type_count > TracedName::types_max) {
      types += " and " + std::to_string(traced_.type_count - TracedName::types_max) + " more";
    }
    const bool udp = question_.client.transport == Transport::Udp;
    const std::string why = question_.type != RrType::Any ? ""
                            : udp ? ": of all types the smallest RRset, as ANY over UDP gets"
                                  : ": all that the name owns, as ANY over TCP gets";
    step("rrset", node_name(), "answered with " + types + why);
  }

  void put_negative(const std::string& kind, const std::string& text) {
    shown_.negative_ttl = traced_.negative_ttl;
    step(kind, traced_.zone->name().to_text(),
         text + "; the SOA says so for " + std::to_string(traced_.negative_ttl) +
             " s, the smaller of its TTL and MINIMUM");
  }

  void put_pools() {
    for (const auto& traced : traced_.pools) {
      if (!traced) continue;
      shown_.pools.push_back(explain_pool(*traced, traced_.name(), snapshot_));
      const ExplainedPool& pool = shown_.pools.back();
      const auto members = static_cast<std::size_t>(std::popcount(pool.members));
      const auto answered = static_cast<std::size_t>(std::popcount(pool.answered));
      std::string text = "pool " + pool.name + ", " + dns::to_text(pool.type) + ": ";
      if (members == 0) {
        text += "no member has an address of this type";
      } else {
        text += std::to_string(answered) + " of " + plural(members, "member") +
                " answered: " + reason_of(pool);
      }
      step("pool", pool.name, text);
    }
  }

  static std::string reason_of(const ExplainedPool& pool) {
    if (pool.choice == "all-down") {
      return "none that may be answered is up, the policy is " + pool.all_down;
    }
    if (pool.choice == "floor")
      return "fewer are up than the floor of " + std::to_string(pool.floor);
    return "what is up";
  }

  void put_stop() {
    switch (traced_.stop) {
      case AliasStop::None: return;
      case AliasStop::Asked:
        return step("stop", "",
                    "QTYPE " + type_ + " asks for the alias itself: it is not followed");
      case AliasStop::Loop:
        return step("stop", "", "its target was seen before in this answer: a loop, not followed");
      case AliasStop::Limit:
        return step("stop", "",
                    std::to_string(aliases_max) + " aliases were followed: the answer ends here");
      case AliasStop::Overflow: return;  // "truncated" says it
    }
  }

  Explanation& shown_;
  const TracedName& traced_;
  const WhyQuestion& question_;
  const consumer::Snapshot& snapshot_;
  const std::string name_;
  const std::string type_;
};

// Where no name was looked for: what the order of checks said before.
void put_error(Explanation& shown, const WhyQuestion& question, const Reply& reply) {
  const std::string status = dns::to_text(reply.rcode);
  shown.steps.push_back(
      {"error", question.name.to_text(), "",
       dns::to_text(question.type) + " is no type of data: " + status + " before any look-up"});
}

void put_rest(Explanation& shown, const Trace& trace, const WhyQuestion& question) {
  const std::string name = question.name.to_text();
  const std::size_t added = trace.additional_required + trace.additional_optional;
  if (added + trace.rrsets_left_out != 0) {
    shown.steps.push_back(
        {"additional", name, "",
         plural(added, "address record") + " of NS targets in the additional section, " +
             std::to_string(trace.additional_required) + " of them required glue; " +
             plural(trace.rrsets_left_out, "optional RRset") + " left out for size"});
  }
  if (shown.extended_error == static_cast<std::uint16_t>(ExtendedError::StaleAnswer)) {
    shown.steps.push_back({"stale", name, "",
                           "this node has not heard from the log for a while: the answer says so "
                           "(extended error 3)"});
  }
  if (!trace.did_not_fit) return;
  const bool udp = question.client.transport == Transport::Udp;
  shown.steps.push_back({"truncated", name, "",
                         "what must be sent is more than " + std::to_string(trace.octets_max) +
                             " octets: " + (udp ? "TC=1 and no records" : "SERVFAIL")});
}

}  // namespace

void put_steps(Explanation& shown, const Trace& trace, const WhyQuestion& question,
               const consumer::Snapshot& snapshot, const Reply& reply) {
  if (trace.name_count == 0) return put_error(shown, question, reply);
  for (std::size_t i = 0; i < trace.name_count; ++i) {
    const TracedName* next = i + 1 < trace.name_count ? &trace.names[i + 1] : nullptr;
    NameSteps(shown, trace.names[i], question, snapshot).put(i == 0, next);
  }
  put_rest(shown, trace, question);
}

}  // namespace tidemark::edge
