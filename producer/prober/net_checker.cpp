#include "producer/prober/net_checker.hpp"

#include <string_view>
#include <utility>

#include "net/http_client.hpp"

namespace tidemark::producer {

namespace {

class NetAttempt final : public Attempt {
 public:
  explicit NetAttempt(net::Ongoing ongoing) : ongoing_(std::move(ongoing)) {}

 private:
  net::Ongoing ongoing_;
};

net::SocketAddress socket_address(const Target& target) {
  net::SocketAddress address;
  address.ip.family = target.address.family == event::Address::Family::V4
                          ? net::IpAddress::Family::V4
                          : net::IpAddress::Family::V6;
  address.ip.octets = target.address.octets;
  address.port = target.check.port;
  return address;
}

// What the client says, in few words: "URL: what was being done: why" -> "connection refused".
std::string cause_of(const base::Error& error, const event::Check& check) {
  const std::string& trail = error.trail;
  if (trail.ends_with(": timed out")) {
    return "timed out after " + std::to_string(check.timeout_ms) + " ms";
  }
  if (error.code == base::Errc::TooLarge) return "the response is too large";
  for (const std::string_view step : {": TLS handshake: ", ": prepare TLS: "}) {
    const std::size_t at = trail.find(step);
    if (at != std::string::npos) return "TLS: " + trail.substr(at + step.size());
  }
  const std::size_t why_at = trail.rfind(": ");
  std::string why = why_at == std::string::npos ? trail : trail.substr(why_at + 2);
  if (!why.empty() && why[0] >= 'A' && why[0] <= 'Z') {
    why[0] = static_cast<char>(why[0] - 'A' + 'a');
  }
  return why;
}

CheckResult result_of(const base::Result<net::HttpResponse>& outcome, const event::Check& check) {
  if (!outcome) {
    return {false, cause_of(outcome.error(), check)};
  }
  if (outcome->status >= check.status_low && outcome->status <= check.status_high) return {true};
  return {false, "HTTP " + std::to_string(outcome->status) + " (expected " +
                     std::to_string(check.status_low) + "-" + std::to_string(check.status_high) +
                     ")"};
}

net::HttpCall call_for(const Target& target, const std::string& ca_file) {
  const event::Check& check = target.check;
  const net::SocketAddress address = socket_address(target);
  net::HttpCall call;
  call.url.scheme =
      check.kind == event::CheckKind::Https ? net::Url::Scheme::Https : net::Url::Scheme::Http;
  call.url.host = check.host.empty() ? net::to_text(address.ip) : check.host;
  call.url.port = check.port;
  call.url.target = check.path.starts_with('/') ? check.path : "/" + check.path;
  call.headers.add("User-Agent", "tidemark-prober");
  call.connect_to = address;
  call.verify_tls = check.verify_tls;
  if (check.verify_tls) call.ca_file = ca_file;
  call.response_octets_max = check_response_octets_max;
  return call;
}

}  // namespace

std::unique_ptr<Attempt> NetChecker::start(const Target& target, OnResult on_result) {
  const std::chrono::milliseconds deadline(target.check.timeout_ms);
  if (target.check.kind == event::CheckKind::Tcp) {
    return std::make_unique<NetAttempt>(net::tcp_connect(
        io_, socket_address(target), deadline,
        [check = target.check, on_result = std::move(on_result)](base::Result<void> connected) {
          on_result(connected ? CheckResult{true}
                              : CheckResult{false, cause_of(connected.error(), check)});
        }));
  }
  return std::make_unique<NetAttempt>(net::fetch(
      io_, call_for(target, ca_file_), deadline,
      [check = target.check, on_result = std::move(on_result)](
          base::Result<net::HttpResponse> outcome) { on_result(result_of(outcome, check)); }));
}

}  // namespace tidemark::producer
