// PastQuestion: the parameters of a request about the past, as values.
//
// Errors  400, naming the parameter; refused() is for what the index says.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/history/history.hpp"
#include "consumer/history/moment.hpp"
#include "net/http.hpp"
#include "producer/api/api_error.hpp"

namespace tidemark::producer {

template <class T>
using Asked = std::expected<T, ApiError>;

// Of the index: what it says about itself must not be taken for the client's fault.
std::unexpected<ApiError> refused(const base::Error& error, std::string object);
// No other parameter than these, none twice, none empty.
Asked<void> only(const net::HttpRequest& request, const std::vector<std::string_view>& known);

class PastQuestion {
 public:
  PastQuestion(consumer::History& history, const net::HttpRequest& request, std::int64_t now_ms)
      : history_(history), request_(request), now_ms_(now_ms) {}

  Asked<std::optional<dns::Name>> name(std::string_view key) const;
  Asked<std::optional<dns::RrType>> type() const;
  Asked<std::size_t> limit(std::string_view key, std::size_t usual, std::size_t max) const;
  Asked<std::optional<consumer::Moment>> moment(std::string_view key) const;
  // The version that `key` names, of the zone or name that is asked for; the newest if it is
  // absent.
  Asked<std::uint64_t> seq(std::string_view key) const;
  // "by": origin, or log.
  Asked<consumer::TimeBy> by() const;
  // "zone/owner/TYPE", as `next` of the page before said it.
  Asked<std::optional<consumer::RrsetPlace>> after() const;

 private:
  Asked<consumer::Subject> subject() const;

  consumer::History& history_;
  const net::HttpRequest& request_;
  const std::int64_t now_ms_;
};

}  // namespace tidemark::producer
