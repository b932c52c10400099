// HTTP messages as plain values, for everybody who serves or asks; no Beast type is seen outside.
//
// Header names are compared without case. A path is decoded segments: "/v1/zones/example.org." is
// {"v1", "zones", "example.org."}.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"
#include "net/address.hpp"
#include "net/body_stream.hpp"
#include "net/octet_source.hpp"
#include "net/url.hpp"

namespace tidemark::net {

class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> all);

  std::optional<std::string_view> get(std::string_view name) const;  // the first of that name
  // Control characters become spaces: a value of strangers cannot begin another header.
  void add(std::string name, std::string value);
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // as it was sent
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;
  HttpHeaders headers;
  std::string body;
  SocketAddress peer;

  std::optional<std::string_view> parameter(std::string_view name) const;  // of the query
};

// A part of octets that several responses send while their owner may already hold others: a
// snapshot file is replaced while peers still download it. That is why they are shared. They are
// read as they are sent; what cannot be read closes the connection, so the length tells the client.
struct SharedPart {
  std::shared_ptr<const OctetSource> source;
  std::uint64_t first = 0;
  std::uint64_t octets = 0;
  std::uint64_t octets_per_second_max = 0;  // 0: as fast as the client takes them
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<SharedPart> shared;  // sent instead of `body`
  HttpHeaders headers;
  // Set: the body comes from here, and its end is that of the connection (body_stream.hpp).
  std::function<void(std::shared_ptr<BodyStream>)> stream{};

  std::uint64_t size() const;  // octets that are sent
};

// The one form of docs/http-api.md: {"error": {"code", "message", "object", "remedy", "details"}}.
HttpResponse error_response(unsigned status, std::string_view error);
// The whole of `source`, or the one part that a Range header asks for (200, 206, 416; RFC 9110
// section 14). A list of ranges gets the whole.
HttpResponse ranged_response(const HttpRequest& request, std::shared_ptr<const OctetSource> source,
                             std::string content_type);

}  // namespace tidemark::net
