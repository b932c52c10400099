#include "producer/api/history_question.hpp"

#include <algorithm>

#include "producer/api/history_reads.hpp"
#include "producer/api/shapes.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {

// Of the index: what it says about itself must not be taken for the client's fault.
std::unexpected<ApiError> refused(const base::Error& error, std::string object) {
  switch (error.code) {
    case base::Errc::NotFound: {
      const bool of_zone = error.trail.starts_with("zone ");
      return std::unexpected(not_found(error.trail, std::move(object),
                                       of_zone ? "tidemark zone list" : "tidemark changes"));
    }
    case base::Errc::OutOfRange:
      return std::unexpected(ApiError{404, "not-found", error.trail, std::move(object),
                                      "tidemark changes, whose column SEQ shows the versions"});
    case base::Errc::Invalid:
      return std::unexpected(ApiError{503, std::string(index_damaged), error.trail,
                                      std::move(object), "it is built anew; ask again later"});
    default:
      return std::unexpected(
          ApiError{503, "unavailable", error.trail, std::move(object), "ask again"});
  }
}

Asked<void> only(const net::HttpRequest& request, const std::vector<std::string_view>& known) {
  std::string names;
  for (const std::string_view name : known) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  for (auto one = request.query.begin(); one != request.query.end(); ++one) {
    if (std::ranges::find(known, one->first) == known.end() && one->first != "by") {
      return std::unexpected(
          bad_request("unknown parameter " + one->first, "this path knows " + names));
    }
    if (std::any_of(request.query.begin(), one,
                    [&](const auto& other) { return other.first == one->first; })) {
      return std::unexpected(bad_request("parameter " + one->first + " occurs twice"));
    }
    if (one->second.empty()) {
      return std::unexpected(bad_request(one->first + ": is empty", "leave it out for all"));
    }
  }
  return {};
}

Asked<std::optional<dns::Name>> PastQuestion::name(std::string_view key) const {
  const auto text = request_.parameter(key);
  if (!text) return std::optional<dns::Name>();
  auto name = dns::Name::parse(*text);
  if (!name) return std::unexpected(bad_request(std::string(key) + ": " + name.error().trail));
  return *std::move(name);
}

Asked<std::optional<dns::RrType>> PastQuestion::type() const {
  const auto text = request_.parameter("type");
  if (!text) return std::optional<dns::RrType>();
  const auto type = type_from_text(*text);
  if (!type) return std::unexpected(bad_request("type: " + type.error().trail));
  return *type;
}

Asked<std::size_t> PastQuestion::limit(std::string_view key, std::size_t usual,
                                       std::size_t max) const {
  const auto number = number_parameter(request_, key);
  if (!number) return std::unexpected(number.error());
  if (!*number) return usual;
  if (**number > max || (**number == 0 && key == "limit")) {
    return std::unexpected(bad_request(std::string(key) + ": 1 to " + std::to_string(max)));
  }
  return static_cast<std::size_t>(**number);
}

Asked<std::optional<consumer::Moment>> PastQuestion::moment(std::string_view key) const {
  const auto text = request_.parameter(key);
  if (!text) return std::optional<consumer::Moment>();
  auto moment = consumer::parse_moment(*text, now_ms_);
  if (!moment) {
    return std::unexpected(bad_request(std::string(key) + ": " + moment.error().trail));
  }
  return *std::move(moment);
}

Asked<std::uint64_t> PastQuestion::seq(std::string_view key) const {
  const auto named = moment(key);
  if (!named) return std::unexpected(named.error());
  TIDEMARK_TRY(const auto asked_of, subject());
  const auto seq = consumer::seq_of(named->value_or(consumer::Latest{}), history_, asked_of);
  if (!seq) return refused(seq.error(), std::string(key));
  return *seq;
}

Asked<consumer::TimeBy> PastQuestion::by() const {
  const auto word = request_.parameter("by");
  if (!word || *word == "origin") return consumer::TimeBy::Origin;
  if (*word == "log") return consumer::TimeBy::Log;
  return std::unexpected(bad_request("by: origin or log", "by=log: when it came into the log"));
}

Asked<consumer::Subject> PastQuestion::subject() const {
  using Kind = consumer::Subject::Kind;
  TIDEMARK_TRY(const auto clock, by());
  if (clock == consumer::TimeBy::Log) return consumer::Subject{};
  TIDEMARK_TRY(const auto zone, name("zone"));
  if (zone) return consumer::Subject{Kind::Zone, *zone};
  TIDEMARK_TRY(const auto owner, name("name"));
  if (owner) return consumer::Subject{Kind::Name, *owner};
  return consumer::Subject{};
}

Asked<std::optional<consumer::RrsetPlace>> PastQuestion::after() const {
  const auto text = request_.parameter("after");
  if (!text) return std::optional<consumer::RrsetPlace>();
  const std::size_t type_at = text->rfind('/');
  for (std::size_t at = text->find('/'); at != text->npos && at < type_at;
       at = text->find('/', at + 1)) {  // a name may hold a slash
    auto zone = dns::Name::parse(text->substr(0, at));
    auto owner = dns::Name::parse(text->substr(at + 1, type_at - at - 1));
    const auto type = type_from_text(text->substr(type_at + 1));
    if (zone && owner && type && owner->view().is_at_or_below(*zone)) {
      return consumer::RrsetPlace{*std::move(zone), *std::move(owner), *type};
    }
  }
  return std::unexpected(
      bad_request("after: not ZONE/NAME/TYPE", "what `next` of the page before says"));
}

}  // namespace tidemark::producer
