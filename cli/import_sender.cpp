#include "cli/import_sender.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "cli/json_fields.hpp"
#include "cli/progress.hpp"
#include "cli/random_change_id.hpp"
#include "core/base/hash.hpp"
#include "core/base/time_text.hpp"
#include "net/http_client.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds answer_within{60};
constexpr std::chrono::milliseconds look_again{100};
constexpr std::chrono::seconds give_up_after{30};  // of a controller that does not answer
constexpr int conflicts_max = 5;

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

class Sender {
 public:
  Sender(const ApiClient& api, const Session& session, std::vector<ImportChange> changes,
         ImportSending sending)
      : api_(api),
        changes_(std::move(changes)),
        sending_(sending),
        progress_(session, "importing", "changes") {
    for (std::size_t i = 0; i < changes_.size(); ++i) queues_[changes_[i].zone].push_back(i);
    for (const auto& [zone, queue] : queues_) ready_.insert(queue.front());
  }

  Expected<ImportReport> run() {
    while (done_ < changes_.size()) {
      start_ready();
      if (stop_) break;
      io_.restart();
      io_.run_one_for(look_again);
      take_answers();
      if (stop_) break;
      progress_.show(done_, changes_.size());
    }
    slots_.clear();  // nothing that is under way outlives the io_context
    if (stop_) return std::unexpected(*std::move(stop_));
    return std::move(report_);
  }

 private:
  struct Slot {
    std::size_t change = 0;
    net::HttpCall call{};
    net::Ongoing exchange{};
    std::optional<base::Result<net::HttpResponse>> answer{};
    std::optional<Clock::time_point> again{};  // sent again then
    Clock::time_point since = Clock::now();    // without an answer
    int conflicts = 0;
    bool acknowledged = false;
    bool finished = false;
  };

  void start_ready() {
    while (!stop_ && !ready_.empty() && slots_.size() < sending_.at_once) {
      const std::size_t next = *ready_.begin();
      ready_.erase(ready_.begin());
      auto call = call_of(changes_[next], {});
      if (!call) {
        stop_ = std::move(call).error();
        return;
      }
      slots_.emplace_back();
      slots_.back().change = next;
      slots_.back().call = *std::move(call);
      send(slots_.back());
    }
    for (Slot& slot : slots_) {
      if (slot.again && Clock::now() >= *slot.again) send(slot);
    }
  }

  Expected<net::HttpCall> call_of(const ImportChange& change,
                                  const std::optional<std::string>& removals) const {
    ApiRequest request{.method = change.removal ? "DELETE" : "PUT",
                       .path = {"zones", change.zone},
                       .content_type = "text/dns"};
    if (!change.reason.empty()) request.query.emplace_back("reason", change.reason);
    if (removals) request.query.emplace_back("acknowledge_removals", *removals);
    if (!change.author.empty()) request.headers.emplace_back("Tidemark-Author", change.author);
    request.headers.emplace_back("Tidemark-Origin", change.origin);
    if (change.time_ms != 0) {
      request.headers.emplace_back("Tidemark-Origin-Time",
                                   base::rfc3339_of(static_cast<std::int64_t>(change.time_ms)));
    }
    request.headers.emplace_back("Idempotency-Key", base::to_hex(random_change_id().value()));
    if (!change.removal) {
      auto text = change.text();
      if (!text) return std::unexpected(std::move(text).error());
      request.body = *std::move(text);
    }
    return api_.call_of(request);
  }

  void send(Slot& slot) {
    slot.again.reset();
    slot.answer.reset();
    slot.exchange = net::fetch(
        io_, slot.call, answer_within,
        [&slot](base::Result<net::HttpResponse> response) { slot.answer = std::move(response); });
  }

  void take_answers() {
    for (Slot& slot : slots_) {
      if (stop_ || slot.finished || !slot.answer) continue;
      const auto answer = *std::exchange(slot.answer, std::nullopt);
      if (!answer) {
        on_silence(slot, answer.error().trail);
      } else if (answer->status == 503) {
        on_silence(slot, failure_of(answer->status, answer->body, {}).what);
      } else {
        slot.since = Clock::now();
        on_answer(slot, *answer);
      }
    }
    slots_.remove_if([](const Slot& slot) { return slot.finished; });
  }

  void on_silence(Slot& slot, const std::string& why) {
    if (Clock::now() - slot.since < give_up_after) {
      slot.again = Clock::now() + look_again;  // its Idempotency-Key makes this harmless
      return;
    }
    stop_ = Failure(Exit::TimeOut, "the controller does not answer: " + why,
                    "the same command again: it goes on where this one stopped");
  }

  void on_answer(Slot& slot, const net::HttpResponse& answer) {
    const ImportChange& change = changes_[slot.change];
    if (answer.status == 404 && change.removal) return finish(slot, false);
    if (answer.status >= 300) return on_refusal(slot, answer);
    const auto parsed = parse_answer(answer.body);
    if (!parsed) {
      stop_ = parsed.error();
      return;
    }
    const json::object& body = parsed->get_object();
    const std::string state = body.contains("state") ? shown(body, "state") : "accepted";
    if (state == "pending") return ask_again(slot, shown(body, "change_id"));
    if (state == "rejected") {
      return refuse(slot, shown(body, "rule") + ": " + shown(body, "message"));
    }
    finish(slot, !body.contains("changed") || is_true(body, "changed"));
  }

  void on_refusal(Slot& slot, const net::HttpResponse& answer) {
    Failure failure = failure_of(answer.status, answer.body, {});
    if (failure.removals && sending_.acknowledges && !slot.acknowledged) {
      slot.acknowledged = true;
      return send_anew(slot, std::to_string(*failure.removals));
    }
    if (answer.status == 409 && ++slot.conflicts <= conflicts_max) return send_anew(slot, {});
    if (failure.exit == Exit::Guard || answer.status == 409 || answer.status == 413 ||
        answer.status == 422) {
      return refuse(slot, std::move(failure.what), failure.removals);
    }
    stop_ = std::move(failure).at(changes_[slot.change].label);
  }

  void send_anew(Slot& slot, const std::optional<std::string>& removals) {
    auto call = call_of(changes_[slot.change], removals);
    if (!call) {
      stop_ = std::move(call).error();
      return;
    }
    slot.call = *std::move(call);
    slot.again = Clock::now();
  }

  // Stored by the controller; the log is slow or away.
  void ask_again(Slot& slot, const std::string& change_id) {
    slot.call = api_.call_of({.path = {"changes", change_id}});
    slot.again = Clock::now() + look_again;
  }

  void refuse(Slot& slot, std::string why, std::optional<std::uint64_t> removals = {}) {
    const ImportChange& change = changes_[slot.change];
    report_.refused.push_back({change.label, one_line(std::move(why)), change.zone, removals});
    release(slot);
  }

  void finish(Slot& slot, bool changed) {
    ++(changed ? report_.changed : report_.unchanged);
    release(slot);
  }

  void release(Slot& slot) {
    slot.finished = true;
    ++done_;
    auto& queue = queues_[changes_[slot.change].zone];
    queue.pop_front();
    if (!queue.empty()) ready_.insert(queue.front());
  }

  const ApiClient& api_;
  const std::vector<ImportChange> changes_;
  const ImportSending sending_;
  Progress progress_;
  std::map<std::string, std::deque<std::size_t>>
      queues_;                   // by zone; the first is under way or next
  std::set<std::size_t> ready_;  // the first of their zone
  boost::asio::io_context io_;
  std::list<Slot> slots_;
  std::size_t done_ = 0;
  ImportReport report_;
  std::optional<Failure> stop_;
};

}  // namespace

Expected<ImportReport> send_changes(const ApiClient& api, const Session& session,
                                    std::vector<ImportChange> changes, ImportSending sending) {
  return Sender(api, session, std::move(changes), sending).run();
}

}  // namespace tidemark::cli
