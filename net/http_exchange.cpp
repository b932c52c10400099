// Beast on the client's side: see http_session.cpp.
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "net/http_client.hpp"
#include "net/http_session.hpp"

namespace tidemark::net {

namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

template <class Fields>
HttpHeaders copy_headers(const Fields& fields) {
  HttpHeaders headers;
  for (const auto& field : fields) headers.add(text(field.name_string()), text(field.value()));
  return headers;
}

// A target may come from a pool's definition: a blank or line end in it must not end the line.
std::string on_one_line(const std::string& target) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : target) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > 0x20 && octet != 0x7f) {
      out += c;
    } else {
      out += {'%', hex[octet >> 4], hex[octet & 15]};
    }
  }
  return out;
}

// One request over a stream of its own: resolve, connect, (handshake,) write, read. The first to
// fail, or the timer, ends it.
class Exchange final : public Ongoing::Operation, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(boost::asio::io_context& io, HttpCall call, OnResponse on_response)
      : call_(std::move(call)),
        on_response_(std::move(on_response)),
        resolver_(io),
        timer_(io),
        socket_(io) {}

  void start(std::chrono::milliseconds deadline) {
    timer_.expires_after(deadline);
    timer_.async_wait([self = shared_from_this()](const error_code& ended) {
      if (!ended) self->fail("timed out");
    });
    if (const std::string error = prepare_tls(); !error.empty()) {
      return boost::asio::post(timer_.get_executor(),
                               [self = shared_from_this(), error] { self->fail(error); });
    }
    if (call_.connect_to) return connect({to_endpoint(*call_.connect_to)});
    if (const auto ip = parse_ip(call_.url.host)) {
      return connect({to_endpoint({*ip, call_.url.port})});
    }
    doing_ = "look up the address";
    resolver_.async_resolve(call_.url.host, std::to_string(call_.url.port),
                            [self = shared_from_this()](const error_code& error,
                                                        const tcp::resolver::results_type& all) {
                              if (error) return self->fail(error.message());
                              self->connect({all.begin(), all.end()});
                            });
  }

  void cancel() noexcept override {
    on_response_ = nullptr;
    resolver_.cancel();
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  bool is_tls() const { return call_.url.scheme == Url::Scheme::Https; }

  std::string prepare_tls() {
    doing_ = "prepare TLS";
    if (!is_tls()) return {};
    tls_.emplace(ssl::context::tls_client);
    error_code error;
    if (!call_.ca_file.empty()) {
      tls_->load_verify_file(call_.ca_file, error);
    } else if (call_.verify_tls) {
      tls_->set_default_verify_paths(error);
    }
    if (error) return "certificates of authorities: " + call_.ca_file + ": " + error.message();
    stream_.emplace(socket_, *tls_);
    const std::string name = server_name();
    if (!parse_ip(name) && SSL_set_tlsext_host_name(stream_->native_handle(), name.c_str()) != 1) {
      return "server name " + name + " is not possible";
    }
    if (!call_.verify_tls) {
      stream_->set_verify_mode(ssl::verify_none);
      return {};
    }
    stream_->set_verify_mode(ssl::verify_peer);
    return expect_certificate_for(name);
  }

  // OpenSSL's own check of the name, because then its verdict tells a wrong name from other faults.
  std::string expect_certificate_for(const std::string& name) {
    X509_VERIFY_PARAM* const expected = SSL_get0_param(stream_->native_handle());
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int taken = parse_ip(name)
                          ? X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str())
                          : X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
    return taken == 1 ? "" : "server name " + name + " is not possible";
  }

  // "certificate verify failed" alone helps nobody: says what is wrong with the certificate.
  std::string why_no_handshake(const error_code& error) {
    const long verdict = SSL_get_verify_result(stream_->native_handle());
    if (!call_.verify_tls || verdict == X509_V_OK) return error.message();
    const std::string failed = "certificate verify failed: ";
    switch (verdict) {
      case X509_V_ERR_HOSTNAME_MISMATCH:
      case X509_V_ERR_IP_ADDRESS_MISMATCH: return failed + "it is not for " + server_name();
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return failed + "no trusted authority signed it";
      default: return failed + X509_verify_cert_error_string(verdict);
    }
  }

  // The host that is asked for: the Host header without port and brackets, else the URL's.
  std::string server_name() const {
    const std::string given(call_.headers.get("Host").value_or(""));
    if (given.empty()) return call_.url.host;
    if (given.front() == '[') return given.substr(1, given.find(']') - 1);
    return given.substr(0, given.rfind(':'));
  }

  // Tries the addresses in their order.
  void connect(std::vector<tcp::endpoint> endpoints) {
    if (!on_response_) return;
    doing_ = "connect";
    const tcp::endpoint next = endpoints.front();
    endpoints.erase(endpoints.begin());
    error_code ignored;
    socket_.close(ignored);
    socket_.async_connect(next, [self = shared_from_this(), endpoints = std::move(endpoints)](
                                    const error_code& error) mutable {
      if (!error) return self->on_connected();
      if (endpoints.empty()) return self->fail(error.message());
      self->connect(std::move(endpoints));
    });
  }

  void on_connected() {
    if (!on_response_) return;
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    if (!is_tls()) return write();
    doing_ = "TLS handshake";
    stream_->async_handshake(ssl::stream_base::client,
                             [self = shared_from_this()](const error_code& error) {
                               error ? self->fail(self->why_no_handshake(error)) : self->write();
                             });
  }

  void write() {
    if (!on_response_) return;
    doing_ = "send the request";
    request_.version(11);
    request_.method_string(call_.method);
    request_.target(on_one_line(call_.url.target));
    request_.set(http::field::host, host_header(call_.url));
    for (const auto& [name, value] : call_.headers) request_.set(name, value);
    request_.body() = std::move(call_.body);
    request_.prepare_payload();
    request_.keep_alive(false);
    sent_ = true;
    const auto on_written = [self = shared_from_this()](const error_code& error, std::size_t) {
      // A server may refuse a body before it has read all of it; its answer says more than EPIPE.
      self->read(error);
    };
    is_tls() ? http::async_write(*stream_, request_, on_written)
             : http::async_write(socket_, request_, on_written);
  }

  void read(const error_code& write_error) {
    if (!on_response_) return;
    doing_ = write_error ? "send the request (" + write_error.message() + ")" : "read the response";
    parser_.header_limit(64 * 1024);
    parser_.body_limit(call_.response_octets_max);
    parser_.skip(call_.method == "HEAD");
    const auto on_read = [self = shared_from_this()](const error_code& error, std::size_t) {
      self->on_response(error);
    };
    if (call_.status_only) {
      is_tls() ? http::async_read_header(*stream_, buffer_, parser_, on_read)
               : http::async_read_header(socket_, buffer_, parser_, on_read);
    } else {
      is_tls() ? http::async_read(*stream_, buffer_, parser_, on_read)
               : http::async_read(socket_, buffer_, parser_, on_read);
    }
  }

  void on_response(error_code error) {
    // Many servers end TLS without saying so. Fatal only if the length told of more to come.
    if (error == ssl::error::stream_truncated && parser_.is_header_done() && parser_.need_eof()) {
      error.clear();
    }
    if (error == http::error::body_limit) {
      return end(base::fail(base::Errc::TooLarge,
                            to_text(call_.url) + ": the response has more than " +
                                std::to_string(call_.response_octets_max) + " octets"));
    }
    if (error) return fail(error == http::error::end_of_stream ? "closed" : error.message());
    auto message = parser_.release();
    HttpResponse response{.status = message.result_int(),
                          .content_type = text(message[http::field::content_type]),
                          .body = std::move(message.body()),
                          .shared = std::nullopt,
                          .headers = copy_headers(message)};
    end(std::move(response));
  }

  void fail(const std::string& why) {
    const bool changes_nothing = call_.method == "GET" || call_.method == "HEAD";
    end(base::fail(sent_ && !changes_nothing ? base::Errc::Unknown : base::Errc::Unavailable,
                   to_text(call_.url) + ": " + doing_ + ": " + why));
  }

  void end(base::Result<HttpResponse> outcome) {
    const OnResponse on_response = std::exchange(on_response_, nullptr);
    cancel();
    if (on_response) on_response(std::move(outcome));
  }

  HttpCall call_;
  OnResponse on_response_;
  tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  tcp::socket socket_;
  std::optional<ssl::context> tls_;  // made for https alone: it costs more than all the rest
  std::optional<ssl::stream<tcp::socket&>> stream_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  std::string doing_;
  bool sent_ = false;
};

}  // namespace

Ongoing fetch(boost::asio::io_context& io, HttpCall call, std::chrono::milliseconds deadline,
              OnResponse on_response) {
  auto exchange = std::make_shared<Exchange>(io, std::move(call), std::move(on_response));
  exchange->start(deadline);
  return Ongoing(std::move(exchange));
}

}  // namespace tidemark::net
