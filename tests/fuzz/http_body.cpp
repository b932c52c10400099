// The input is a mutating request to the controller: an octet for what it wants to change, a line
// each for owner and type (or pool and endpoint), then the body. What can be read becomes a wish
// that is decided on. An octet above 5: the headers and parameters of a request, a line each.
#include "core/base/check.hpp"
#include "core/base/time_text.hpp"
#include "producer/api/wishes.hpp"
#include "producer/decide/decide.hpp"
#include "schemas/codec.hpp"
#include "tests/fuzz/world.hpp"

using namespace tidemark;

namespace {

std::string line_of(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check_error(const producer::ApiError& error) {
  TIDEMARK_CHECK(error.status >= 400 && error.status < 500, "what a client says is its fault");
  TIDEMARK_CHECK(!error.message.empty(), "an error says why");
  TIDEMARK_CHECK(!producer::to_response(error).body.empty(), "an error has a body");
}

void check_terms(std::string_view text) {
  net::HttpRequest request{.method = "PUT",
                           .target = line_of(text),
                           .path = {},
                           .query = {},
                           .headers = {},
                           .body = {},
                           .peer = {}};
  if (auto target = net::parse_target(request.target)) {
    request.path = std::move(target->path);
    request.query = std::move(target->query);
  }
  while (!text.empty()) {
    const std::string header = line_of(text);
    const std::size_t colon = std::min(header.find(": "), header.size());
    request.headers.add(header.substr(0, colon), header.substr(std::min(colon + 2, header.size())));
    if (const auto ms = base::rfc3339_to_ms(header); ms && *ms >= 0) {
      TIDEMARK_CHECK(base::rfc3339_to_ms(base::rfc3339_of(*ms)) == ms, "a time survives its text");
    }
  }
  if (const auto terms = producer::read_terms(request, std::nullopt); !terms) {
    check_error(terms.error());
  }
}

producer::WishResult read_wish(unsigned what, const net::HttpRequest& request,
                               const std::string& first, const std::string& second) {
  producer::Terms terms;
  switch (what) {
    case 0:
    case 1:  return producer::put_zone(request, first, terms);
    case 2:  return producer::patch_zone(request, "e.x.", terms);
    case 3:  return producer::put_rrset(request, "e.x.", first, second, terms);
    case 4:  return producer::put_pool(request, first, terms);
    default: return producer::put_override(request, first, second, 1000, terms);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size == 0) return 0;
  const unsigned what = octets[0] % 8;
  std::string_view text = base::as_text(base::ByteView(octets, size).subspan(1));
  if (what > 5) {
    check_terms(text);
    return 0;
  }
  static const dataset::Dataset dataset = fuzz::seeded_world(1);
  const producer::Base decided_on{dataset, {}};
  const std::string first = line_of(text), second = line_of(text);
  const net::HttpRequest request{
      .method = "PUT",
      .target = "/",
      .path = {},
      .query = {},
      .headers = {{"Content-Type", what == 0 ? "text/dns" : "application/json"}},
      .body = std::string(text),
      .peer = {}};
  const auto read = read_wish(what, request, first, second);
  if (!read) {
    check_error(read.error());
    return 0;
  }
  const auto wish = read->make(decided_on);
  if (!wish) {
    check_error(wish.error());
    return 0;
  }
  const auto plan = producer::decide(
      decided_on, *wish, {.change_id = event::ChangeId(base::U128{9, 9}), .author = "f"});
  if (!plan) return 0;
  for (const event::ChangeSet& change : plan->change_sets) {
    const auto decoded = schemas::decode_change_set(schemas::encode(change));
    TIDEMARK_CHECK(decoded && *decoded == change, "what is published can be read by the fleet");
  }
  return 0;
}
