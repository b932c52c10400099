// The client over loopback, plain and TLS.
#include "net/http_client.hpp"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <gtest/gtest.h>

#include "tests/unit/net/http_fixture.hpp"

namespace tidemark::net {
namespace {

using namespace std::chrono_literals;

TEST_F(Http, ClientTellsWhatItWasDoing) {
  serve();
  HttpCall asked = call("/x");
  server.reset();
  const auto refused = ask(asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Errc::Unavailable);
  EXPECT_NE(refused.error().trail.find("/x: connect: Connection refused"), std::string::npos)
      << refused.error().trail;
}

TEST_F(Http, ClientHoldsItsDeadlineAndItsLimit) {
  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  serve();
  std::optional<base::Result<HttpResponse>> outcome;
  const auto keep = [&](base::Result<HttpResponse> r) { outcome = std::move(r); };
  const Ongoing slow = fetch(io, call("/never"), 30ms, keep);
  run_until([&] { return outcome.has_value(); });
  EXPECT_TRUE(outcome->error().trail.ends_with("read the response: timed out"))
      << outcome->error().trail;

  responder = [](HttpRequest, Respond respond) {
    respond({.body = std::string(1000, 'x'), .shared = {}, .headers = {}});
  };
  HttpCall asked = call("/large");
  asked.response_octets_max = 1000;
  EXPECT_TRUE(ask(asked));
  asked.response_octets_max = 999;
  EXPECT_EQ(ask(asked).error().code, base::Errc::TooLarge);
}

TEST_F(Http, ClientEndsAfterTheStatusWhenToldSo) {
  responder = [](HttpRequest, Respond respond) {
    respond({.status = 503, .body = std::string(5'000'000, 'x'), .shared = {}, .headers = {}});
  };
  serve();
  HttpCall asked = call("/large");
  asked.status_only = true;
  asked.response_octets_max = 10'000'000;
  const auto response = ask(asked);
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->status, 503u);
  EXPECT_EQ(response->body, "");
}

TEST_F(Http, ClientKeepsTheTargetOnItsLine) {
  serve();
  const auto response = ask(call("/a b\r\nX-Path: 9"));
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->body, "GET /a%20b%0D%0AX-Path:%209\n");
}

TEST_F(Http, ClientDoesNotFollowRedirects) {
  responder = [](HttpRequest, Respond respond) {
    respond({.status = 302, .body = {}, .shared = {}, .headers = {{"Location", "/other"}}});
  };
  serve();
  EXPECT_EQ(ask(call("/x"))->status, 302u);
  EXPECT_EQ(requests, 1);
}

TEST_F(Http, ClientDialsWhatItIsTold) {
  std::string host;
  responder = [&](HttpRequest request, Respond respond) {
    host = request.headers.get("Host").value_or("");
    respond({});
  };
  serve();
  HttpCall asked = call("/live");
  asked.connect_to = loopback(server->local_port());
  asked.url.host = "www.example.invalid";
  asked.url.port = 80;
  EXPECT_EQ(ask(asked)->status, 200u);
  EXPECT_EQ(host, "www.example.invalid");
}

TEST_F(Http, BlockingFetchNeedsNoLoopOfTheCaller) {
  serve();
  std::thread other([this] { io.run_for(deadline); });
  const auto response = fetch(call("/x", "POST", "body"), deadline);
  io.stop();
  other.join();
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->body, "POST /x\nbody");
}

TEST_F(Http, TcpConnectTellsWhetherSomebodyListens) {
  serve();
  std::optional<base::Result<void>> outcome;
  const auto keep = [&](base::Result<void> r) { outcome = std::move(r); };
  const Ongoing up = tcp_connect(io, loopback(server->local_port()), deadline, keep);
  run_until([&] { return outcome.has_value(); });
  EXPECT_TRUE(*outcome);
  const auto closed = loopback(server->local_port());
  server.reset();
  outcome.reset();
  const Ongoing down = tcp_connect(io, closed, deadline, keep);
  run_until([&] { return outcome.has_value(); });
  EXPECT_EQ(outcome->error().trail, "connect to " + to_text(closed) + ": Connection refused");
}

// A TLS server of one answer with a certificate of its own for www.example.test.
class Tls : public Http {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-tls-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=www.example.test -addext subjectAltName=DNS:www.example.test -keyout " +
        folder + "/key.pem -out " + folder + "/cert.pem 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    tls.use_certificate_file(folder + "/cert.pem", boost::asio::ssl::context::pem);
    tls.use_private_key_file(folder + "/key.pem", boost::asio::ssl::context::pem);
    accept();
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void accept() {
    stream = std::make_unique<boost::asio::ssl::stream<tcp::socket>>(io, tls);
    acceptor.async_accept(stream->next_layer(), [this](const error_code& error) {
      if (error) return;
      stream->async_handshake(boost::asio::ssl::stream_base::server, [this](
                                                                         const error_code& failed) {
        if (failed) return accept();
        const char* sent = SSL_get_servername(stream->native_handle(), TLSEXT_NAMETYPE_host_name);
        server_name = sent != nullptr ? sent : "";
        stream->async_read_some(boost::asio::buffer(request), [this](const error_code&,
                                                                     std::size_t) {
          static const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
          boost::asio::async_write(*stream, boost::asio::buffer(answer),
                                   [this](const error_code&, std::size_t) { accept(); });
        });
      });
    });
  }
  HttpCall tls_call() {
    HttpCall made;
    made.url = {Url::Scheme::Https, "www.example.test", 443, "/"};
    made.connect_to = loopback(acceptor.local_endpoint().port());
    made.ca_file = folder + "/cert.pem";
    return made;
  }

  std::string folder;
  boost::asio::ssl::context tls{boost::asio::ssl::context::tls_server};
  tcp::acceptor acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}};
  std::unique_ptr<boost::asio::ssl::stream<tcp::socket>> stream;
  std::array<char, 4096> request{};
  std::string server_name;
};

TEST_F(Tls, VerifiesTheCertificateAndItsName) {
  const auto response = ask(tls_call());
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->body, "secret");
  EXPECT_EQ(server_name, "www.example.test");
}

TEST_F(Tls, RefusesAnotherNameAndAnUnknownAuthority) {
  HttpCall other = tls_call();
  other.url.host = "mail.example.test";
  const auto response = ask(other);
  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().trail.ends_with(
      "TLS handshake: certificate verify failed: it is not for mail.example.test"))
      << response.error().trail;
  HttpCall unknown = tls_call();
  unknown.ca_file.clear();
  const auto distrusted = ask(unknown);
  ASSERT_FALSE(distrusted);
  EXPECT_TRUE(distrusted.error().trail.ends_with(
      "TLS handshake: certificate verify failed: no trusted authority signed it"))
      << distrusted.error().trail;
}

TEST_F(Tls, TakesAnyCertificateWhenToldSo) {
  HttpCall other = tls_call();
  other.url.host = "mail.example.test";
  other.ca_file.clear();
  other.verify_tls = false;
  other.headers.add("Host", "host.example.test:8443");
  const auto response = ask(other);
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(server_name, "host.example.test");
}

TEST_F(Tls, NamesACaFileThatCannotBeRead) {
  HttpCall wrong = tls_call();
  wrong.ca_file = folder + "/none.pem";
  const auto response = ask(wrong);
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().trail.find("none.pem"), std::string::npos) << response.error().trail;
}

}  // namespace
}  // namespace tidemark::net
