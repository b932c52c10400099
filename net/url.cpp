#include "net/url.hpp"

#include <boost/url.hpp>

namespace tidemark::net {

namespace urls = boost::urls;

namespace {

constexpr std::size_t url_octets_max = 8192;

template <class Text>
std::unexpected<base::Error> invalid(std::string_view text, const Text& why) {
  constexpr std::size_t shown_octets_max = 200;
  return base::fail(base::Errc::Invalid,
                    "URL \"" + std::string(text.substr(0, shown_octets_max)) + "\": " + why);
}

std::uint16_t default_port(Url::Scheme scheme) { return scheme == Url::Scheme::Http ? 80 : 443; }

}  // namespace

base::Result<Url> parse_url(std::string_view text) {
  if (text.size() > url_octets_max) return invalid(text, "too long");
  const auto parsed = urls::parse_uri(text);
  if (!parsed) return invalid(text, parsed.error().message());
  const urls::url_view view = *parsed;
  if (view.scheme_id() != urls::scheme::http && view.scheme_id() != urls::scheme::https) {
    return invalid(text, "only http and https");
  }
  if (view.has_userinfo()) return invalid(text, "a user is not allowed here");
  Url url;
  url.scheme = view.scheme_id() == urls::scheme::http ? Url::Scheme::Http : Url::Scheme::Https;
  url.host = view.host_address();
  if (url.host.empty()) return invalid(text, "no host");
  // Decoded, "a%0d%0ab" would be two lines of a header; no name and no address needs a "%".
  if (view.encoded_host().find('%') != view.encoded_host().npos ||
      view.host_type() == urls::host_type::ipvfuture) {
    return invalid(text, "the host is neither a name nor an address");
  }
  if (view.has_port() && view.port_number() == 0) return invalid(text, "port not in 1 to 65535");
  url.port = view.has_port() ? view.port_number() : default_port(url.scheme);
  url.target = std::string(view.encoded_path());
  if (url.target.empty()) url.target = "/";
  // Boost.URL 1.81 ends "http://a:80%41" behind the 80 and calls the rest a path.
  if (!url.target.starts_with('/')) return invalid(text, "port not in 1 to 65535");
  if (view.has_query()) url.target += "?" + std::string(view.encoded_query());
  return url;
}

std::string host_header(const Url& url) {
  std::string host = url.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return url.port == default_port(url.scheme) ? host : host + ":" + std::to_string(url.port);
}

std::string to_text(const Url& url) {
  return (url.scheme == Url::Scheme::Http ? "http://" : "https://") + host_header(url) + url.target;
}

base::Result<Target> parse_target(std::string_view text) {
  if (text.size() > url_octets_max) return invalid(text, "too long");
  const auto parsed = urls::parse_origin_form(text);
  if (!parsed) return invalid(text, parsed.error().message());
  Target target;
  for (const auto& segment : parsed->segments()) target.path.emplace_back(segment);
  if (!target.path.empty() && target.path.back().empty()) target.path.pop_back();
  for (const auto& parameter : parsed->params()) {
    target.query.emplace_back(std::string(parameter.key), std::string(parameter.value));
  }
  return target;
}

std::string encode_segment(std::string_view text) {
  return urls::encode(text, urls::unreserved_chars);
}

}  // namespace tidemark::net
