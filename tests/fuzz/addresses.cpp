// The input is a text that an operator or a client types: a URL, a request's target, an address,
// the place of a log, a duration, a file of tokens.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/dns/address_text.hpp"
#include "net/address.hpp"
#include "net/token.hpp"
#include "net/url.hpp"
#include "topics/definitions.hpp"
#include "topics/log_url.hpp"

using namespace tidemark;

namespace {

// What was read and written is read as the same.
template <class Value>
void check_round_trip(std::string_view text, base::Result<Value> (*parse)(std::string_view)) {
  const auto value = parse(text);
  if (!value) {
    TIDEMARK_CHECK(!value.error().trail.empty(), "a refusal says why");
    return;
  }
  const auto again = parse(to_text(*value));
  TIDEMARK_CHECK(again.has_value(), "what was written can be read");
  TIDEMARK_CHECK(*again == *value, "a value survives its text");
}

void check_target(std::string_view text) {
  if (const auto target = net::parse_target(text)) {
    std::string written;
    for (const std::string& segment : target->path) written += "/" + net::encode_segment(segment);
    const auto again = net::parse_target(written.empty() ? "/" : written);
    // An empty segment is none at the end, and Boost.URL leaves out a dot at the beginning.
    const auto vanishes = [](const std::string& segment) {
      return segment.empty() || segment == ".";
    };
    TIDEMARK_CHECK(
        std::ranges::any_of(target->path, vanishes) || (again && again->path == target->path),
        "a path survives");
  }
  if (text.empty()) return;
  const auto target = net::parse_target("/" + net::encode_segment(text));
  TIDEMARK_CHECK(target && target->path.size() == 1 && target->path[0] == text,
                 "any text is a segment once it is encoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text = base::as_text({octets, size});
  check_round_trip(text, net::parse_url);
  check_round_trip(text, net::parse_address);
  check_round_trip(text, net::parse_ip);
  check_round_trip(text, topics::parse_log_url);
  check_target(text);
  (void)topics::parse_duration_ms(text);
  if (const auto tokens = net::Tokens::parse(text)) {
    TIDEMARK_CHECK(tokens->find("no such token") == nullptr, "nobody has this token");
    (void)tokens->find_authorization(text);
  }
  if (const auto v6 = dns::ipv6_from_text(text)) {
    std::string written;
    dns::append_ipv6(written, *v6);
    TIDEMARK_CHECK(dns::ipv6_from_text(written) == v6, "an IPv6 address survives its text");
  }
  return 0;
}
