#include "producer/api/request_body.hpp"

#include <boost/json.hpp>

#include "net/json.hpp"

namespace tidemark::producer {
namespace json = boost::json;

std::expected<Body, ApiError> body_kind(const net::HttpRequest& request, Body usual) {
  const auto header = request.headers.get("Content-Type");
  if (!header) return usual;
  std::string_view type = header->substr(0, header->find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  if (type == "application/json") return Body::Json;
  if ((type == "text/dns" || type == "text/plain") && usual == Body::Text) return Body::Text;
  return refuse(
      {415,
       "unsupported-media-type",
       "Content-Type " + std::string(type),
       {},
       usual == Body::Text ? "send text/dns or application/json" : "send application/json"});
}

std::expected<json::value, ApiError> read_object(const net::HttpRequest& request, BodySize size,
                                                 Terms& terms) {
  if (size == BodySize::Small && request.body.size() > small_body_octets_max) {
    return refuse({413, "too-large",
                   "the body is above " + std::to_string(small_body_octets_max) + " octets"});
  }
  const auto kind = body_kind(request, Body::Json);
  if (!kind) return refuse(kind.error());
  auto value = net::parse_json(request.body);
  if (!value) return refuse(bad_request(value.error().trail, "send a JSON object"));
  const auto object = net::as_object(*value);
  if (!object) return refuse(bad_request(object.error().trail, "send a JSON object"));
  const auto reason = net::optional_text_field(**object, "reason");
  if (!reason) return refuse(bad_request(reason.error().trail));
  if (*reason && (*reason)->size() > event::reason_octets_max) {
    return refuse(bad_request("reason: at most 4096 octets"));
  }
  if (*reason) terms.reason = **reason;
  return *std::move(value);
}

}  // namespace tidemark::producer
