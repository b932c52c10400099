#include "producer/api/terms.hpp"

#include <charconv>

#include "core/base/time_text.hpp"
#include "core/base/utf8.hpp"

namespace tidemark::producer {
namespace {

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

// "17" in double quotes: a strong entity tag with the seq of a zone.
std::expected<void, ApiError> read_if_match(std::string_view text, Terms& terms) {
  if (text == "*") {
    terms.must_exist = true;
    return {};
  }
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    if (const auto seq = number_from(text.substr(1, text.size() - 2))) {
      terms.expect = event::ExpectExactly{event::ZoneSeq(*seq)};
      return {};
    }
  }
  return std::unexpected(
      bad_request("If-Match: not one ETag of a zone", "If-Match: \"SEQ\", or If-Match: *"));
}

std::expected<void, ApiError> read_conditions(const net::HttpRequest& request, Terms& terms) {
  if (const auto match = request.headers.get("If-Match")) {
    if (auto read = read_if_match(*match, terms); !read) return read;
  }
  if (const auto none = request.headers.get("If-None-Match")) {
    if (*none != "*") {
      return std::unexpected(bad_request("If-None-Match: only * is known",
                                         "If-None-Match: * for a zone that must not exist"));
    }
    if (terms.condition() == Condition::Clients) {
      return std::unexpected(bad_request("If-Match and If-None-Match exclude each other"));
    }
    terms.expect = event::ExpectAbsent{};
  }
  return {};
}

// Prefer: wait=10, among other preferences (RFC 7240).
std::expected<std::optional<std::chrono::seconds>, ApiError> read_wait(std::string_view prefer) {
  while (!prefer.empty()) {
    const std::size_t end = std::min(prefer.find_first_of(",;"), prefer.size());
    std::string_view one = prefer.substr(0, end);
    prefer.remove_prefix(std::min(end + 1, prefer.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.starts_with("wait=")) continue;
    const auto seconds = number_from(one.substr(5));
    if (!seconds || *seconds > static_cast<std::uint64_t>(wait_max.count())) {
      return std::unexpected(bad_request("Prefer: wait: a whole number of seconds, at most " +
                                         std::to_string(wait_max.count())));
    }
    return std::chrono::seconds(*seconds);
  }
  return std::optional<std::chrono::seconds>();
}

std::expected<void, ApiError> read_wait_on(const net::HttpRequest& request, Terms& terms) {
  const auto words = request.headers.get("Tidemark-Wait-On");
  if (!words) return {};
  auto target = parse_wait_target(*words);
  if (!target) {
    return std::unexpected(bad_request("Tidemark-Wait-On: " + std::string(*words) +
                                       ": not a target of waiting, " +
                                       std::string(wait_target_words)));
  }
  terms.wait_on = *std::move(target);
  return {};
}

// ?rollout=: how the rings get it (docs/rollout.md).
std::expected<void, ApiError> read_rollout(const net::HttpRequest& request, Terms& terms) {
  const auto word = request.parameter("rollout");
  if (!word || *word == "standard") return {};
  if (*word == "expedite") {
    terms.rollout = event::RolloutClass::Expedite;
  } else if (*word == "manual") {
    terms.rollout = event::RolloutClass::Manual;
  } else {
    return std::unexpected(bad_request("rollout: " + std::string(*word) + ": no class of roll-out",
                                       "standard, expedite or manual"));
  }
  return {};
}

// Tidemark-Origin: SYSTEM:ID, and when it was made there.
std::expected<void, ApiError> read_origin(const net::HttpRequest& request, Terms& terms) {
  const auto text = request.headers.get("Tidemark-Origin");
  const auto time = request.headers.get("Tidemark-Origin-Time");
  if (!text && !time) return {};
  const std::size_t colon = text ? text->find(':') : std::string_view::npos;
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text->size() ||
      colon > event::origin_system_octets_max ||
      text->size() - colon - 1 > event::origin_id_octets_max) {
    return std::unexpected(bad_request("Tidemark-Origin: not SYSTEM:ID",
                                       "a system of at most 32 octets, and its own name of the "
                                       "change of at most 512: Tidemark-Origin: git:COMMIT"));
  }
  terms.origin =
      event::Origin{std::string(text->substr(0, colon)), std::string(text->substr(colon + 1)), 0};
  if (!time) return {};
  const auto ms = base::rfc3339_to_ms(*time);
  if (!ms || *ms < 0) {
    return std::unexpected(
        bad_request("Tidemark-Origin-Time: not a time", "a time as 2026-01-31T12:00:00Z"));
  }
  terms.origin->time_ms = static_cast<std::uint64_t>(*ms);
  return {};
}

// The target without its parameter `hold`, which is judged by what it means.
std::string target_without_hold(const std::string& target) {
  const std::size_t query = target.find('?');
  if (query == std::string::npos) return target;
  std::string kept;
  for (std::size_t at = query + 1; at <= target.size();) {
    const std::size_t end = std::min(target.find('&', at), target.size());
    const std::string_view one = std::string_view(target).substr(at, end - at);
    if (one != "hold" && !one.starts_with("hold=")) {
      kept += (kept.empty() ? "?" : "&") + std::string(one);
    }
    at = end + 1;
  }
  return target.substr(0, query) + kept;
}

enum class Kept : std::uint8_t { Made, Held };

base::Sha256 fingerprint(const net::HttpRequest& request, Kept kept) {
  base::Sha256Stream hash;
  const auto add = [&](std::string_view text) {
    base::Writer length;
    length.put_u64(text.size());
    hash.update(length.view());
    hash.update(base::as_bytes(text));
  };
  add(request.method);
  add(target_without_hold(request.target));
  for (const auto* header : {"If-Match", "If-None-Match", "Tidemark-Reason"}) {
    add(request.headers.get(header).value_or(""));
  }
  add(request.body);
  if (const auto origin = request.headers.get("Tidemark-Origin")) add(*origin);
  if (kept == Kept::Held) add("hold");
  return hash.finish();
}

std::expected<void, ApiError> read_key(const net::HttpRequest& request, Terms& terms) {
  const auto key = request.headers.get("Idempotency-Key");
  if (!key) return {};
  if (key->empty() || key->size() > idempotency_key_octets_max) {
    return std::unexpected(bad_request("Idempotency-Key: 1 to 255 octets"));
  }
  terms.key = terms.author + "\n" + std::string(*key);
  terms.request = fingerprint(request, terms.hold ? Kept::Held : Kept::Made);
  terms.but_for_hold = fingerprint(request, terms.hold ? Kept::Made : Kept::Held);
  return {};
}

}  // namespace

std::expected<bool, ApiError> flag_parameter(const net::HttpRequest& request,
                                             std::string_view name) {
  const auto value = request.parameter(name);
  if (!value || *value == "0" || *value == "false") return false;
  if (*value == "1" || *value == "true") return true;
  return std::unexpected(bad_request(std::string(name) + ": 1 or 0"));
}

std::expected<std::optional<std::uint64_t>, ApiError> number_parameter(
    const net::HttpRequest& request, std::string_view name) {
  const auto value = request.parameter(name);
  if (!value) return std::optional<std::uint64_t>();
  if (const auto number = number_from(*value)) return number;
  return std::unexpected(bad_request(std::string(name) + ": not a whole number"));
}

std::expected<Terms, ApiError> read_terms(const net::HttpRequest& request,
                                          const std::optional<std::string>& author) {
  Terms terms;
  const auto told = request.headers.get("Tidemark-Author");
  terms.author = author ? *author : std::string(told.value_or("local"));
  // An import speaks for others; who imported is proven, so that stands first.
  if (author && told && request.headers.get("Tidemark-Origin")) {
    terms.author += " for " + std::string(*told);
  }
  if (terms.author.empty() || terms.author.size() > event::author_octets_max ||
      !base::is_utf8(terms.author)) {
    return std::unexpected(bad_request("Tidemark-Author: 1 to 255 octets of UTF-8"));
  }
  terms.reason = request.parameter("reason").value_or(
      request.headers.get("Tidemark-Reason").value_or(std::string_view()));
  if (terms.reason.size() > event::reason_octets_max || !base::is_utf8(terms.reason)) {
    return std::unexpected(bad_request("the reason is at most 4096 octets of UTF-8"));
  }
  auto dry_run = flag_parameter(request, "dry_run");
  if (!dry_run) return std::unexpected(std::move(dry_run).error());
  terms.dry_run = *dry_run;
  auto hold = flag_parameter(request, "hold");
  if (!hold) return std::unexpected(std::move(hold).error());
  terms.hold = *hold;
  auto removals = number_parameter(request, "acknowledge_removals");
  if (!removals) return std::unexpected(std::move(removals).error());
  terms.acknowledged_removals = *removals;
  if (auto read = read_conditions(request, terms); !read) {
    return std::unexpected(std::move(read).error());
  }
  if (auto read = read_origin(request, terms); !read) {
    return std::unexpected(std::move(read).error());
  }
  if (const auto prefer = request.headers.get("Prefer")) {
    auto wait = read_wait(*prefer);
    if (!wait) return std::unexpected(std::move(wait).error());
    terms.wait = *wait;
  }
  if (auto read = read_wait_on(request, terms); !read) {
    return std::unexpected(std::move(read).error());
  }
  if (auto read = read_rollout(request, terms); !read) {
    return std::unexpected(std::move(read).error());
  }
  if (auto read = read_key(request, terms); !read) {
    return std::unexpected(std::move(read).error());
  }
  return terms;
}

}  // namespace tidemark::producer
