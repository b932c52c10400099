#include "core/dns/address_text.hpp"
#include "dns-edge/answer/explain_steps.hpp"

namespace tidemark::edge {

namespace {

using health::Choice;
using health::Rule;

std::string_view to_text(event::AllDown policy) {
  switch (policy) {
    case event::AllDown::AnswerAll:   return "answer-all";
    case event::AllDown::LastHealthy: return "last-healthy";
    case event::AllDown::ServFail:    return "servfail";
  }
  return "answer-all";
}

std::string_view to_text(event::EndpointStatus status) {
  switch (status) {
    case event::EndpointStatus::Obey: return "obey";
    case event::EndpointStatus::Up:   return "up";
    case event::EndpointStatus::Down: return "down";
  }
  return "obey";
}

std::string_view cause_of(Rule rule) {
  switch (rule) {
    case Rule::Status:   return "configured so";
    case Rule::Override: return "an operator's word";
    case Rule::Drain:    return "a prober or its own agent says drain";
    case Rule::Quorum:   return "the vantage points that are fresh say so";
    case Rule::Stale:    return "the last word of vantage points that fell silent stands";
    case Rule::Agent:    return "no vantage point speaks; its own agent says so";
    case Rule::Default:  return "nobody says anything: up by default";
  }
  return "";
}

bool is_set(std::uint64_t mask, std::size_t bit) { return (mask >> bit & 1U) != 0; }

std::string address_text(base::ByteView octets) {
  std::string text;
  octets.size() == 4 ? dns::append_ipv4(text, octets) : dns::append_ipv6(text, octets);
  return text;
}

}  // namespace

ExplainedPool explain_pool(const TracedPool& traced, dns::NameView owner,
                           const consumer::Snapshot& snapshot) {
  const event::Pool& pool = traced.pool.pool();
  const auto& masks = snapshot.health.masks(traced.pool.slot());
  const auto& rulings = snapshot.health.rulings(traced.pool.slot());
  const Choice choice = traced.type == dns::RrType::A ? rulings.v4 : rulings.v6;
  ExplainedPool shown{.name = pool.name,
                      .owner = owner.to_text(),
                      .type = traced.type,
                      .ttl = traced.ttl,
                      .choice = std::string(health::to_text(choice)),
                      .all_down = std::string(to_text(pool.all_down)),
                      .floor = pool.floor,
                      .quorum = pool.quorum,
                      .up = masks.up,
                      .members = traced.members,
                      .answered = traced.chosen};
  for (std::size_t i = 0; i < pool.endpoints.size(); ++i) {
    const event::Endpoint& endpoint = pool.endpoints[i];
    const Rule rule = rulings.rule_of(i);
    ExplainedEndpoint one{.id = endpoint.id,
                          .address = address_text(traced.pool.address(i)),
                          .up = is_set(masks.up, i),
                          .drained = rule == Rule::Drain,
                          .rule = std::string(health::to_text(rule)),
                          .cause = std::string(cause_of(rule)),
                          .status = std::string(to_text(endpoint.status)),
                          .weight = endpoint.weight,
                          .answered = is_set(traced.chosen, i)};
    if (const auto entry = snapshot.dataset.find_override(pool.name, endpoint.id);
        entry && rule == Rule::Override) {
      one.drained = entry->state == event::OverrideState::Drain;
      if (!entry->reason.empty()) one.cause = entry->reason;
    }
    shown.endpoints.push_back(std::move(one));
  }
  return shown;
}

}  // namespace tidemark::edge
