#include "dns-edge/admin/why.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json.hpp>

namespace tidemark::edge {

namespace {

namespace json = boost::json;
using base::Errc;
using base::Result;

constexpr std::array<std::string_view, 6> parameters{"name",      "type",   "client",
                                                     "transport", "dnssec", "payload"};

std::unexpected<base::Error> invalid(std::string_view parameter, const std::string& why) {
  return base::fail(Errc::Invalid, std::string(parameter) + ": " + why);
}

Result<std::string_view> required(const net::HttpRequest& request, std::string_view parameter) {
  const auto value = request.parameter(parameter);
  if (value && !value->empty()) return *value;
  return invalid(parameter, "is missing: /why?name=www.example.org&type=A");
}

Result<void> put_client(std::string_view text, Client& client) {
  const auto ip = net::parse_ip(text);
  if (!ip) return invalid("client", ip.error().trail);
  client.address = ip->octets;
  client.address_octets = ip->family == net::IpAddress::Family::V4 ? 4 : 16;
  return {};
}

Result<Transport> transport_of(std::string_view text) {
  if (text == "udp") return Transport::Udp;
  if (text == "tcp") return Transport::Tcp;
  return invalid("transport", "is udp or tcp, not " + std::string(text));
}

Result<bool> flag_of(std::string_view parameter, std::string_view text) {
  if (text == "1" || text == "0") return text == "1";
  return invalid(parameter, "is 0 or 1, not " + std::string(text));
}

Result<std::uint16_t> octets_of(std::string_view text) {
  std::uint16_t octets = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octets);
  if (error == std::errc() && end == text.data() + text.size()) return octets;
  return invalid("payload",
                 "is a number of octets up to 65535, 0 for no EDNS, not " + std::string(text));
}

Result<void> check_parameters(const net::HttpRequest& request) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(parameters, name) == parameters.end()) {
      return invalid(name,
                     "is no parameter of /why: name, type, client, transport, dnssec, payload");
    }
  }
  return {};
}

std::string hex(std::uint64_t mask) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), mask, 16).ptr;
  return "0x" + std::string(digits.begin(), end);
}

std::string client_text(const Client& client) {
  net::IpAddress ip;
  ip.octets = client.address;
  ip.family = client.address_octets == 4 ? net::IpAddress::Family::V4 : net::IpAddress::Family::V6;
  return net::to_text(ip);
}

json::object shape_of(const WhyQuestion& question) {
  json::object shown;
  shown["name"] = question.name.to_text();
  shown["type"] = dns::to_text(question.type);
  shown["transport"] = question.client.transport == Transport::Udp ? "udp" : "tcp";
  if (question.client.address_octets != 0) shown["client"] = client_text(question.client);
  shown["dnssec"] = question.dnssec;
  shown["payload"] = question.payload_octets;
  return shown;
}

json::object shape_of(const ExplainedStep& step) {
  json::object shown;
  shown["kind"] = step.kind;
  shown["name"] = step.name;
  if (!step.at.empty()) shown["at"] = step.at;
  shown["text"] = step.text;
  return shown;
}

json::object shape_of(const ExplainedEndpoint& endpoint) {
  json::object shown;
  shown["id"] = endpoint.id;
  shown["address"] = endpoint.address;
  shown["up"] = endpoint.up;
  shown["drained"] = endpoint.drained;
  shown["rule"] = endpoint.rule;
  shown["cause"] = endpoint.cause;
  shown["status"] = endpoint.status;
  shown["weight"] = endpoint.weight;
  shown["answered"] = endpoint.answered;
  return shown;
}

json::object shape_of(const ExplainedPool& pool);

template <class T>
json::array all_of(const std::vector<T>& values) {
  json::array shown;
  for (const T& value : values) {
    if constexpr (std::is_same_v<T, std::string>) {
      shown.emplace_back(value);
    } else {
      shown.emplace_back(shape_of(value));
    }
  }
  return shown;
}

json::object shape_of(const ExplainedPool& pool) {
  json::object shown;
  shown["name"] = pool.name;
  shown["owner"] = pool.owner;
  shown["type"] = dns::to_text(pool.type);
  shown["ttl"] = pool.ttl;
  shown["choice"] = pool.choice;
  shown["all_down"] = pool.all_down;
  shown["floor"] = pool.floor;
  shown["quorum"] = pool.quorum;
  shown["up_mask"] = hex(pool.up);
  shown["member_mask"] = hex(pool.members);
  shown["answer_mask"] = hex(pool.answered);
  shown["endpoints"] = all_of(pool.endpoints);
  return shown;
}

json::object version_of(const Explanation& explanation) {
  json::object shown;
  shown["lineage"] = explanation.lineage;
  shown["seq"] = explanation.seq;
  shown["state_hash"] = explanation.state_hash;
  shown["health_position"] = explanation.health_position;
  shown["health_ms"] = explanation.health_ms;
  return shown;
}

json::object sizes_of(const Explanation& explanation) {
  json::object shown;
  shown["octets"] = explanation.octets;
  shown["octets_max"] = explanation.octets_max;
  shown["truncated"] = explanation.truncated;
  shown["additional_required"] = explanation.additional_required;
  shown["additional_optional"] = explanation.additional_optional;
  shown["rrsets_left_out"] = explanation.rrsets_left_out;
  return shown;
}

}  // namespace

Result<WhyQuestion> question_of(const net::HttpRequest& request) {
  TIDEMARK_TRY_VOID(check_parameters(request));
  TIDEMARK_TRY(const auto name_text, required(request, "name"));
  TIDEMARK_TRY(const auto type_text, required(request, "type"));
  auto name = dns::Name::parse(name_text);
  if (!name) return invalid("name", std::string(name_text) + ": " + name.error().trail);
  auto type = explainable_type(type_text);
  if (!type) return invalid("type", type.error().trail);
  WhyQuestion question{.name = *std::move(name), .type = *type};
  if (const auto text = request.parameter("client")) {
    TIDEMARK_TRY_VOID(put_client(*text, question.client));
  }
  if (const auto text = request.parameter("transport")) {
    TIDEMARK_TRY(question.client.transport, transport_of(*text));
  }
  if (const auto text = request.parameter("dnssec")) {
    TIDEMARK_TRY(question.dnssec, flag_of("dnssec", *text));
  }
  if (const auto text = request.parameter("payload")) {
    TIDEMARK_TRY(question.payload_octets, octets_of(*text));
  }
  return question;
}

std::string to_json(const WhyQuestion& question, const Explanation& explanation) {
  json::object shown;
  shown["question"] = shape_of(question);
  shown["version"] = version_of(explanation);
  shown["status"] = explanation.status;
  shown["flags"] = explanation.flags;
  if (explanation.extended_error) shown["extended_error"] = *explanation.extended_error;
  if (explanation.negative_ttl) shown["negative_ttl"] = *explanation.negative_ttl;
  shown["steps"] = all_of(explanation.steps);
  shown["pools"] = all_of(explanation.pools);
  shown["answer"] = all_of(explanation.answer);
  shown["authority"] = all_of(explanation.authority);
  shown["additional"] = all_of(explanation.additional);
  shown["size"] = sizes_of(explanation);
  shown["message"] = explanation.message;
  return json::serialize(shown);
}

}  // namespace tidemark::edge
