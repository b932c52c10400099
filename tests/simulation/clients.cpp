#include "tests/simulation/clients.hpp"

#include <algorithm>
#include <array>

#include "core/base/check.hpp"
#include "producer/publish/envelope.hpp"
#include "schemas/codec.hpp"

namespace tidemark::simulation {
namespace {

dns::Name name(const std::string& text) { return dns::Name::parse(text).value(); }

dns::Rrset canonical(dns::Rrset rrset) {
  auto made = dns::canonicalize(std::move(rrset));
  TIDEMARK_CHECK(made.has_value(), "a client's RRset is sound");
  return *std::move(made);
}

dns::Rrset text(const std::string& owner, const std::string& value) {
  base::Bytes rdata{static_cast<std::uint8_t>(value.size())};
  rdata.insert(rdata.end(), value.begin(), value.end());
  return canonical({name(owner), dns::RrType::Txt, dns::Ttl(60), {rdata}});
}

dns::Rrset address(const std::string& owner, std::uint64_t last) {
  return canonical({name(owner),
                    dns::RrType::A,
                    dns::Ttl(60),
                    {{192, 0, 2, static_cast<std::uint8_t>(last % 250 + 1)}}});
}

std::vector<dns::Rrset> base_of(const std::string& zone) {
  const dns::Name apex = name(zone), server = name("ns." + zone);
  base::Bytes soa;
  for (int i = 0; i < 2; ++i) {
    soa.insert(soa.end(), server.wire().begin(), server.wire().end());
  }
  const std::array<std::uint8_t, 4> serial{0, 0, 0, 1}, hour{0, 0, 14, 16};
  soa.insert(soa.end(), serial.begin(), serial.end());
  for (int i = 0; i < 4; ++i) {
    soa.insert(soa.end(), hour.begin(), hour.end());
  }
  const base::Bytes ns(server.wire().begin(), server.wire().end());
  return {canonical({apex, dns::RrType::Soa, dns::Ttl(300), {soa}}),
          canonical({apex, dns::RrType::Ns, dns::Ttl(300), {ns}}), address("ns." + zone, 53)};
}

std::string numbered(std::uint64_t number, const std::string& zone) {
  return "n" + std::to_string(number) + "." + zone;
}

}  // namespace

Clients::Clients(World& world, std::vector<std::unique_ptr<Controller>>& controllers)
    : world_(world),
      controllers_(controllers),
      log_(world.store),
      sink_(*log_.sink(changes_topic)) {}

void Clients::send(std::size_t to, const std::string& zone, producer::Wish wish,
                   producer::Terms terms) {
  if (!controllers_[to]->runs()) return;
  auto promise = std::make_shared<Promise>(Promise{next_id(), to});
  terms.author = "alice";
  terms.change_id = promise->id;
  terms.reason = "wish " + std::to_string(number_) + " at " + controllers_[to]->machine.name;
  promises_.push_back(promise);
  world_.tell("client: " + terms.reason + " for " + zone);
  controllers_[to]->wish(zone, std::move(wish), std::move(terms), std::move(promise));
}

void Clients::create_zones() {
  for (const std::string& zone : zone_names) {
    producer::ReplaceZone wish{name(zone), base_of(zone)};
    wish.rrsets.push_back(text("a." + zone, "t0"));
    wish.rrsets.push_back(text("b." + zone, "t0"));
    for (std::uint64_t n = 1; n <= numbered_names; ++n) {
      wish.rrsets.push_back(address(numbered(n, zone), n));
    }
    send(0, zone, std::move(wish), {});
  }
}

// Two names that always say the same.
producer::EditZone Clients::pair_edit(const std::string& zone) {
  const std::string value = "t" + std::to_string(number_ + 1);
  return {name(zone),
          {event::PutRrset{text("a." + zone, value)}, event::PutRrset{text("b." + zone, value)}}};
}

void Clients::edit() {
  const std::string& zone = zone_names[world_.dice.below(zone_names.size())];
  send(world_.dice.below(controllers_.size()), zone, pair_edit(zone), {});
}

void Clients::act() {
  Dice& dice = world_.dice;
  switch (dice.below(12)) {
    case 0:
    case 1:
    case 2:  return edit();
    case 3:
    case 4:  return with_condition();
    case 5:
    case 6:  return edit_names();
    case 7:  return replace_zone();
    case 8:
    case 9:  return make_plan();
    case 10: return apply_plan();
    default: {  // whatever is there is overwritten
      const std::string& zone = zone_names[dice.below(zone_names.size())];
      producer::Terms terms;
      terms.expect = event::ExpectAny{};
      return send(dice.below(controllers_.size()), zone, pair_edit(zone), std::move(terms));
    }
  }
}

// Reads at one controller; changes, perhaps much later, at any, on the condition that nothing came
// between.
void Clients::with_condition() {
  Dice& dice = world_.dice;
  if (reads_.size() < 3 && dice.chance(60)) {
    const std::string& zone = zone_names[dice.below(zone_names.size())];
    const auto seq = controllers_[dice.below(controllers_.size())]->zone_seq(zone);
    if (seq) reads_.push_back({zone, *seq});
    return;
  }
  if (reads_.empty()) return;
  const std::size_t which = dice.below(reads_.size());
  const Read read = reads_[which];
  reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(which));
  producer::Terms terms;
  terms.expect = event::ExpectExactly{read.seq};
  send(dice.below(controllers_.size()), read.zone, pair_edit(read.zone), std::move(terms));
}

void Clients::edit_names() {
  Dice& dice = world_.dice;
  const std::string& zone = zone_names[dice.below(zone_names.size())];
  const std::string owner = numbered(1 + dice.below(numbered_names), zone);
  producer::EditZone wish{name(zone), {}};
  if (dice.chance(60)) {
    wish.edits.push_back(event::PutRrset{address(owner, dice.below(250))});
  } else {
    wish.edits.push_back(event::DeleteRrset{name(owner), dns::RrType::A});
  }
  send(dice.below(controllers_.size()), zone, std::move(wish), {});
}

// Most of the zone goes, by mistake or on purpose.
void Clients::replace_zone() {
  Dice& dice = world_.dice;
  const std::string& zone = zone_names[dice.below(zone_names.size())];
  producer::ReplaceZone wish{name(zone), base_of(zone)};
  const std::string value = "t" + std::to_string(number_ + 1);
  wish.rrsets.push_back(text("a." + zone, value));
  wish.rrsets.push_back(text("b." + zone, value));
  for (std::uint64_t n = 1; n <= numbered_names; ++n) {
    if (dice.chance(50)) wish.rrsets.push_back(address(numbered(n, zone), n));
  }
  producer::Terms terms;
  if (dice.chance(40)) terms.acknowledged_removals = dice.below(numbered_names);
  send(dice.below(controllers_.size()), zone, std::move(wish), std::move(terms));
}

// What an Enactor wants to write is fixed here; when it is written, nobody knows.
void Clients::make_plan() {
  Dice& dice = world_.dice;
  if (dice.chance(25)) ++epoch_;  // another Enactor took over; the plans of the old one stay
  const std::string& zone = zone_names[dice.below(zone_names.size())];
  event::ChangeSet plan{.change_id = next_id(),
                        .author = "enactor",
                        .author_epoch = event::AuthorEpoch(epoch_),
                        .reason = "plan " + std::to_string(number_)};
  event::ZoneEdits edits{name(zone), event::ExpectAny{}};
  if (dice.chance(30)) {  // the clean-up of an older plan: all of its names
    plan.reason += ", clean-up";
    for (std::uint64_t n = 1; n <= numbered_names; ++n) {
      edits.edits.push_back(event::DeleteRrset{name(numbered(n, zone)), dns::RrType::A});
    }
    const auto known = world_.history.state().dataset.find_zone(name(zone).view());
    if (known) {
      std::erase_if(edits.edits, [&](const event::ZoneEdit& edit) {
        return !known->find(std::get<event::DeleteRrset>(edit).owner.view());
      });
    }
    if (edits.edits.empty()) return;
  } else {
    edits.edits.push_back(event::PutRrset{text("a." + zone, token())});
    edits.edits.push_back(event::PutRrset{text("b." + zone, token())});
  }
  plan.zones.push_back(std::move(edits));
  plans_.push_back(std::move(plan));
}

void Clients::apply_plan() {
  if (plans_.empty()) return;
  const std::size_t which = world_.dice.below(plans_.size());
  const event::ChangeSet plan = plans_[which];
  world_.tell("enactor: applies " + plan.reason + " of epoch " +
              std::to_string(plan.author_epoch.value()));
  (void)sink_->append(log::Ticket(++ticket_),
                      producer::envelope("/tidemark/sim/enactor", plan, schemas::encode(plan)));
  (void)sink_->completions();
  // It may think that it failed, and apply it once more.
  if (world_.dice.chance(70)) plans_.erase(plans_.begin() + static_cast<std::ptrdiff_t>(which));
}

std::string Clients::broken_promise(bool last) const {
  for (const auto& promise : promises_) {
    if (promise->excused || !promise->changes) continue;
    const auto fate = world_.history.fate_of(promise->id);
    const std::string change = "change " + base::to_hex(promise->id.value());
    if (promise->status == 200 && !cut_.contains(promise->id.value()) &&
        (!fate || fate->reason.has_value())) {
      return "I17: " + change + " was told done, the log does not have it";
    }
    const bool told = promise->status == 200 || promise->status == 202;
    if (last && told && !fate) return "I17: " + change + " was accepted, and is lost";
  }
  return {};
}

void Clients::forget_all() {
  promises_.clear();
  cut_.clear();
  reads_.clear();
}

void Clients::excuse(std::int64_t from) {
  for (std::int64_t at = from; at < world_.history.end(); ++at) {
    const event::ChangeSet* const change = world_.history.change_at(at);
    if (change == nullptr) continue;
    const auto promise =
        std::ranges::find(promises_, change->change_id, [](const auto& one) { return one->id; });
    if (promise == promises_.end()) continue;
    cut_.insert(change->change_id.value());
    if (!controllers_[(*promise)->controller]->stands_for(change->change_id)) {
      (*promise)->excused = true;
    }
  }
}

// After it started again.
void Clients::crashed(std::size_t controller) {
  for (const auto& promise : promises_) {
    if (promise->controller != controller) continue;
    if (promise->status == 0) promise->changes = false;  // nobody was told anything
    const bool lost = cut_.contains(promise->id.value()) && !world_.history.fate_of(promise->id) &&
                      !controllers_[controller]->stands_for(promise->id);
    if (lost) promise->excused = true;
  }
}

std::uint64_t Clients::given_up() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(promises_, [](const auto& one) { return one->excused; }));
}

}  // namespace tidemark::simulation
