#include "dns-edge/app/self_questions.hpp"

#include <algorithm>
#include <variant>

#include "core/base/bytes.hpp"
#include "core/dns/message.hpp"
#include "dns-edge/answer/explain.hpp"
#include "dns-edge/answer/respond.hpp"

namespace tidemark::edge {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t wrong_told_max = 4;
constexpr std::uint16_t question_id = 1;

class Round {
 public:
  Round(const consumer::Snapshot& snapshot, const AnswerSettings& settings)
      : snapshot_(snapshot), settings_(settings), out_(dns::message_octets_max) {}

  void ask_zone(const dataset::Zone& zone) {
    const dns::Name apex(zone.name());
    must_answer(apex, dns::RrType::Soa);
    must_answer(apex, dns::RrType::Ns);
    if (zone.name_count() > sampled_names_max) return;
    const std::uint64_t stride = zone.name_count() / names_per_zone + 1;
    std::uint64_t i = 0;
    zone.for_each_node([&](const dataset::Node& node) {
      if (i++ % stride != 0 || node.is_empty_non_terminal()) return;
      must_not_fail(dns::Name(node.name()), (*node.begin()).type());
    });
  }
  void must_answer(const dns::Name& name, dns::RrType type) {
    const Reply reply = ask(name, type);
    const bool answered = reply.rcode == dns::Rcode::NoError &&
                          reply.octets >= dns::header_octets &&
                          (base::load_u16(out_.data() + 6) != 0 || reply.truncated);
    if (!answered) complain(name, type, dns::to_text(reply.rcode));
  }
  void must_not_fail(const dns::Name& name, dns::RrType stored) {
    const dns::RrType type = stored == dns::RrType::Pool ? dns::RrType::A : stored;
    const Reply reply = ask(name, type);
    if (reply.octets != 0 && reply.rcode != dns::Rcode::ServFail) return;
    // A pool may have been told to answer so while all its endpoints are down.
    const WhyQuestion question{.name = name, .type = type};
    if (reply.octets != 0 && !explain(question, snapshot_, settings_, {}).pools.empty()) return;
    complain(name, type, reply.octets == 0 ? "no answer" : "SERVFAIL");
  }
  SelfFindings findings{};

 private:
  Reply ask(const dns::Name& name, dns::RrType type) {
    ++findings.asked;
    const base::Bytes query = dns::make_query(question_id, name, type, dns::udp_payload_octets);
    return respond(query, {.transport = Transport::Tcp}, {}, snapshot_, settings_, out_);
  }
  void complain(const dns::Name& name, dns::RrType type, const std::string& what) {
    if (findings.wrong.size() < wrong_told_max) {
      findings.wrong.push_back(name.to_text() + " " + dns::to_text(type) + ": " + what);
    }
  }

  const consumer::Snapshot& snapshot_;
  const AnswerSettings& settings_;
  base::Bytes out_;
};

}  // namespace

SelfFindings ask_self(const consumer::Snapshot& snapshot, const AnswerSettings& settings,
                      const std::vector<SelfQuestion>& changed, std::size_t zones_from) {
  Round round(snapshot, settings);
  const std::vector<dataset::Zone> zones = snapshot.dataset.zones();
  const std::size_t count = std::min(zones.size(), zones_per_round);
  for (std::size_t i = 0; i < count; ++i) round.ask_zone(zones[(zones_from + i) % zones.size()]);
  for (const SelfQuestion& one : changed) round.must_not_fail(one.name, one.type);
  round.findings.zones_next = zones.empty() ? 0 : (zones_from + count) % zones.size();
  return std::move(round.findings);
}

void SelfQuestions::folded(const event::ChangeSet& change) {
  for (const event::ZoneEdits& zone : change.zones) {
    for (const event::ZoneEdit& edit : zone.edits) {
      const auto* put = std::get_if<event::PutRrset>(&edit);
      if (put == nullptr) continue;
      if (changed_.size() == changed_max) changed_.pop_front();
      changed_.push_back({put->rrset.owner, put->rrset.type});
    }
  }
}

bool SelfQuestions::is_due(std::chrono::nanoseconds now) const {
  return !round_.valid() && (!begun_ || now - *begun_ >= round_period);
}

void SelfQuestions::begin(const consumer::Snapshot& snapshot, std::chrono::nanoseconds now) {
  begun_ = now;
  round_ = std::async(std::launch::async,
                      [this, snapshot, from = zones_next_,
                       changed = std::vector<SelfQuestion>(changed_.begin(), changed_.end())] {
                        return ask_self(snapshot, settings_, changed, from);
                      });
}

std::optional<SelfFindings> SelfQuestions::take() {
  if (!round_.valid() || round_.wait_for(0s) != std::future_status::ready) return std::nullopt;
  SelfFindings findings = round_.get();
  zones_next_ = findings.zones_next;
  asked_ += findings.asked;
  wrong_ += findings.wrong.size();
  return findings;
}

void SelfQuestions::finish() {
  if (round_.valid()) round_.wait();
}

}  // namespace tidemark::edge
