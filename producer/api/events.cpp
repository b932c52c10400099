#include "producer/api/events.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "core/base/hash.hpp"
#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

constexpr std::size_t page_max = 1000;

bool wants_stream(const net::HttpRequest& request) {
  return request.headers.get("Accept").value_or("").find("text/event-stream") !=
         std::string_view::npos;
}

}  // namespace

Events::Events(std::uint64_t run, base::Clock& clock)
    : run_(base::to_hex(base::U128{0, run}).substr(16)), clock_(clock) {}

std::string Events::id_of(std::uint64_t number) const {
  return run_ + "-" + std::to_string(number);
}

std::optional<std::uint64_t> Events::number_of(std::string_view id) const {
  if (!id.starts_with(run_) || id.size() <= run_.size() || id[run_.size()] != '-') return {};
  id.remove_prefix(run_.size() + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || number > newest_) return {};
  if (number < newest_ && (events_.empty() || number + 1 < events_.front().number)) return {};
  return number;
}

std::string Events::frame(const Event& event) const {
  return "id: " + id_of(event.number) + "\nevent: " + event.type + "\ndata: " + event.body + "\n\n";
}

std::string Events::reset_frame() const {
  return "id: " + id_of(newest_) + "\nevent: reset\ndata: {}\n\n";
}

void Events::add(std::string_view type, const json::object& what) {
  json::object body = what;
  body["at"] = base::rfc3339_of(clock_.wall().count());
  events_.push_back({++newest_, std::string(type), json::serialize(body)});
  if (events_.size() > events_max) events_.pop_front();
  if (!readers_.empty()) send(frame(events_.back()));
}

void Events::send(const std::string& octets) {
  sent_ = clock_.steady();
  std::erase_if(readers_, [&](const auto& reader) { return !reader->send(octets); });
}

Answered Events::answer(const net::HttpRequest& request) {
  std::optional<std::string> after;
  if (const auto asked = request.parameter("after")) after = *asked;
  if (const auto last = request.headers.get("Last-Event-ID")) after = *last;
  if (!wants_stream(request)) return page(request, after);
  if (readers_.size() >= event_readers_max) {
    return refuse(unavailable("as many readers of events as may be are connected"));
  }
  return stream(after);
}

// Without an id a reader begins with what comes next.
net::HttpResponse Events::stream(const std::optional<std::string>& after) {
  net::HttpResponse response;
  response.content_type = "text/event-stream";
  response.headers.add("Cache-Control", "no-store");
  response.stream = [this, after](std::shared_ptr<net::BodyStream> reader) {
    std::string first = ": events of this controller\n\n";
    const auto from = after ? number_of(*after) : std::optional(newest_);
    if (!from) first += reset_frame();
    for (const Event& event : events_) {
      if (from && event.number > *from) first += frame(event);
    }
    if (reader->send(std::move(first))) readers_.push_back(std::move(reader));
  };
  return response;
}

Answered Events::page(const net::HttpRequest& request,
                      const std::optional<std::string>& after) const {
  const auto limit = number_parameter(request, "limit");
  if (!limit) return refuse(limit.error());
  const std::size_t most = std::clamp<std::size_t>(limit->value_or(100), 1, page_max);
  // Without an id: the newest ones.
  const std::uint64_t newest_page = newest_ - std::min<std::uint64_t>(newest_, most);
  const auto asked = after ? number_of(*after) : std::optional(newest_page);
  const std::uint64_t from = asked.value_or(newest_page);
  json::array listed;
  std::uint64_t last = from;
  for (const Event& event : events_) {
    if (event.number <= from || listed.size() >= most) continue;
    listed.push_back(json::object{
        {"id", id_of(event.number)}, {"event", event.type}, {"data", json::parse(event.body)}});
    last = event.number;
  }
  if (listed.empty()) last = newest_;
  net::HttpResponse response;
  response.body = json::serialize(json::object{
      {"reset", !asked.has_value()}, {"events", std::move(listed)}, {"next", id_of(last)}});
  return response;
}

void Events::step() {
  if (!readers_.empty() && clock_.steady() - sent_ >= event_comment_period) send(": quiet\n\n");
}

void Events::close() {
  for (const auto& reader : readers_) reader->end();
  readers_.clear();
}

}  // namespace tidemark::producer
