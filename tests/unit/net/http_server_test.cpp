// The server over loopback: whole exchanges, limits, malformed input, late answers, stopping.
#include "net/http_server.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/net/http_fixture.hpp"

namespace tidemark::net {
namespace {

using namespace std::chrono_literals;

TEST_F(Http, CarriesARequestAndItsResponse) {
  std::optional<HttpRequest> seen;
  responder = [&](HttpRequest request, Respond respond) {
    seen = request;
    respond({.status = 201,
             .content_type = "text/dns",
             .body = "made",
             .shared = {},
             .headers = {{"ETag", "\"7\""}}});
  };
  serve();
  HttpCall asked = call("/v1/zones/example.org.?dry_run=1", "PUT", "@ A 192.0.2.1");
  asked.headers.add("If-Match", "7");
  const auto response = ask(asked);
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->status, 201u);
  EXPECT_EQ(response->content_type, "text/dns");
  EXPECT_EQ(response->body, "made");
  EXPECT_EQ(response->headers.get("etag"), "\"7\"");
  EXPECT_EQ(seen->method, "PUT");
  EXPECT_EQ(seen->path, (std::vector<std::string>{"v1", "zones", "example.org."}));
  EXPECT_EQ(seen->parameter("dry_run"), "1");
  EXPECT_EQ(seen->headers.get("if-match"), "7");
  EXPECT_EQ(seen->headers.get("host"), "127.0.0.1:" + std::to_string(server->local_port()));
  EXPECT_EQ(seen->body, "@ A 192.0.2.1");
  EXPECT_TRUE(seen->peer.ip.is_loopback());
}

TEST_F(Http, CarriesLargeBodiesBothWays) {
  serve();
  const std::string body(20'000'000, 'x');
  const auto response = ask(call("/echo", "POST", body));
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->body.size(), body.size() + std::string("POST /echo\n").size());
}

TEST_F(Http, SendsAPartOfSharedBytes) {
  const auto source = octets_of(base::Bytes(3'000'000, std::uint8_t{'z'}));
  responder = [&](HttpRequest request, Respond respond) {
    respond(ranged_response(request, source, "application/octet-stream"));
  };
  serve();
  HttpCall asked = call("/file");
  asked.headers.add("Range", "bytes=1000000-");
  const auto response = ask(asked);
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->status, 206u);
  EXPECT_EQ(response->body, std::string(2'000'000, 'z'));
}

TEST_F(Http, SendsAFileInPartsAndTheNextAnswerBehindIt) {
  const std::string path = ::testing::TempDir() + "octets-" + std::to_string(::getpid());
  std::string text;
  for (int i = 0; text.size() < 700'000; ++i) text += std::to_string(i) + "\n";
  std::ofstream(path, std::ios::binary) << text;
  auto source = open_octets(path);
  ASSERT_TRUE(source) << source.error().trail;
  std::remove(path.c_str());  // what is open stays readable
  responder = [&](HttpRequest request, Respond respond) {
    respond(ranged_response(request, *source, "text/plain"));
  };
  serve();
  const std::string answers =
      raw("GET /1 HTTP/1.1\r\nHost: a\r\nRange: bytes=5-300004\r\n\r\n"
          "HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n"
          "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto body_at = [&](std::size_t from) { return answers.find("\r\n\r\n", from) + 4; };
  const std::size_t first = body_at(0);
  EXPECT_EQ(answers.substr(first, 300'000), text.substr(5, 300'000));
  const std::size_t head = body_at(first + 300'000);
  EXPECT_NE(answers.find("Content-Length: " + std::to_string(text.size()), first + 300'000),
            std::string::npos);
  EXPECT_EQ(answers.substr(body_at(head)), text);
}

TEST_F(Http, SendsNoFasterThanItMay) {
  const auto source = octets_of(base::Bytes(200'000, std::uint8_t{'z'}));
  responder = [&](const HttpRequest& request, Respond respond) {
    HttpResponse response = ranged_response(request, source, "application/octet-stream");
    response.shared->octets_per_second_max = 400'000;
    respond(std::move(response));
  };
  serve();
  const auto begun = std::chrono::steady_clock::now();
  const auto response = ask(call("/file"));
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->body.size(), 200'000u);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(240));
}

TEST_F(Http, ClosesWhenAFileCannotBeReadFurther) {
  class Shrunk final : public OctetSource {
   public:
    std::uint64_t size() const override { return 1'000'000; }
    base::Result<void> read(std::uint64_t first, std::span<std::uint8_t> into) const override {
      std::ranges::fill(into, std::uint8_t{'z'});
      if (first < 300'000) return {};
      return base::fail(base::Errc::Unavailable, "it became shorter");
    }
  };
  responder = [&](const HttpRequest& request, Respond respond) {
    respond(ranged_response(request, std::make_shared<Shrunk>(), "application/octet-stream"));
  };
  serve();
  EXPECT_FALSE(ask(call("/file")));
  run_until([&] { return server->connections() == 0; });
}

TEST_F(Http, KeepsAConnectionForTheNextRequestAndServesInOrder) {
  serve();
  const std::string answers =
      raw("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
          "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
          "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(requests, 3);
  EXPECT_LT(answers.find("GET /1"), answers.find("GET /2"));
  EXPECT_LT(answers.find("GET /2"), answers.find("GET /3"));
  EXPECT_NE(answers.find("Connection: close"), std::string::npos) << answers;
}

TEST_F(Http, NeverHasTwoRequestsOfOneConnectionUnderWay) {
  std::optional<Respond> first;
  responder = [&](HttpRequest, Respond respond) { first.emplace(std::move(respond)); };
  serve();
  tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), server->local_port()});
  const std::string both = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  boost::asio::write(socket, boost::asio::buffer(both));
  run_until([&] { return requests == 1; });
  io.poll();
  EXPECT_EQ(requests, 1);
  (*first)({});
  run_until([&] { return requests == 2; });
}

TEST_F(Http, AnswersHeadWithTheLengthAlone) {
  serve();
  const std::string answer = raw("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  const auto response = ask(call("/x", "HEAD"));
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->body, "");
}

TEST_F(Http, SendsNoBodyWith204) {
  responder = [](HttpRequest, Respond respond) {
    respond({.status = 204, .body = "", .shared = {}, .headers = {}});
  };
  serve();
  const std::string answer = raw("DELETE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 ")) << answer;
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos) << answer;
}

TEST_F(Http, JsonIsAlwaysUtf8) {
  responder = [](HttpRequest request, Respond respond) {
    HttpResponse response{.body = "{\"name\":\"M\xfcnchen\"}", .shared = {}, .headers = {}};
    if (request.path == std::vector<std::string>{"octets"}) {
      response.content_type = "application/octet-stream";
    }
    respond(std::move(response));
  };
  serve();
  EXPECT_EQ(ask(call("/x"))->body, "{\"name\":\"M\xef\xbf\xbdnchen\"}");
  EXPECT_EQ(ask(call("/octets"))->body, "{\"name\":\"M\xfcnchen\"}");
}

TEST_F(Http, AnswersLaterOnWish) {
  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  serve();
  std::optional<base::Result<HttpResponse>> outcome;
  const Ongoing exchange = fetch(io, call("/wait"), deadline,
                                 [&](base::Result<HttpResponse> r) { outcome = std::move(r); });
  run_until([&] { return waiting.has_value(); });
  io.poll();
  EXPECT_FALSE(outcome);
  (*waiting)({.body = "late", .shared = {}, .headers = {}});
  run_until([&] { return outcome.has_value(); });
  EXPECT_EQ((*outcome)->body, "late");
}

TEST_F(Http, Answers500IfNobodyDoes) {
  responder = [](HttpRequest, Respond) {};
  serve();
  const auto response = ask(call("/x"));
  ASSERT_TRUE(response) << response.error().trail;
  EXPECT_EQ(response->status, 500u);
}

TEST_F(Http, DropsAnAnswerWhoseClientOrServerHasGone) {
  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  serve();
  {
    const Ongoing exchange =
        fetch(io, call("/wait"), deadline, [](auto) { FAIL() << "cancelled"; });
    run_until([&] { return waiting.has_value(); });
  }
  (*waiting)({});
  run_until([&] { return server->connections() == 0; });
  waiting.reset();
  const Ongoing exchange = fetch(io, call("/wait"), deadline, [](auto) {});
  run_until([&] { return waiting.has_value(); });
  server.reset();
  waiting.reset();
  io.poll();
}

TEST_F(Http, RefusesMalformedRequestsAsJson) {
  serve();
  for (const std::string wrong :
       {"GET\r\n\r\n", "\x01\x02\x03\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const std::string answer = raw(wrong);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << wrong << answer;
    EXPECT_NE(answer.find(R"({"error":{"code":"bad-request","message":"malformed)"),
              std::string::npos)
        << answer;
    EXPECT_NE(answer.find(R"("remedy":")"), std::string::npos) << answer;
  }
  EXPECT_EQ(requests, 0);
  EXPECT_EQ(ask(call("/still/serves"))->status, 200u);
}

TEST_F(Http, HoldsTheHeaderLimit) {
  HttpLimits limits;
  limits.header_octets_max = 1000;
  serve(limits);
  const auto request_of = [](std::size_t octets) {
    std::string head = "GET / HTTP/1.1\r\nConnection: close\r\nX: ";
    const std::string tail = "\r\n\r\n";
    return head + std::string(octets - head.size() - tail.size(), 'x') + tail;
  };
  EXPECT_TRUE(raw(request_of(1000)).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(raw(request_of(1001)).starts_with("HTTP/1.1 431 "));
}

TEST_F(Http, HoldsTheBodyLimitOfEachGroup) {
  HttpLimits limits;
  limits.body_octets_max = 100;
  limits.groups = {{"/v1/zones", 200}};
  serve(limits);
  EXPECT_EQ(ask(call("/x", "PUT", std::string(100, 'b')))->status, 200u);
  EXPECT_EQ(ask(call("/x", "PUT", std::string(101, 'b')))->status, 413u);
  EXPECT_EQ(ask(call("/v1/zones/a", "PUT", std::string(200, 'b')))->status, 200u);
  EXPECT_EQ(ask(call("/v1/zones/a", "PUT", std::string(201, 'b')))->status, 413u);
  EXPECT_EQ(requests, 2);
  const std::string chunked =
      "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
      std::string(101, 'b') + "\r\n0\r\n\r\n";
  EXPECT_TRUE(raw(chunked).starts_with("HTTP/1.1 413 "));
  // The answer arrives although most of the body was never read.
  EXPECT_EQ(ask(call("/x", "PUT", std::string(5'000'000, 'b')))->status, 413u);
}

TEST_F(Http, AsksForABodyThatWaitsForIt) {
  serve();
  const std::string answer =
      raw("PUT /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
          "Content-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(answer.ends_with("hi"));
}

TEST_F(Http, RefusesAConnectionTooManyWhileAllAreAnswered) {
  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  HttpLimits limits;
  limits.connections_max = 1;
  serve(limits);
  std::optional<base::Result<HttpResponse>> outcome;
  const Ongoing exchange = fetch(io, call("/wait"), deadline,
                                 [&](base::Result<HttpResponse> r) { outcome = std::move(r); });
  run_until([&] { return waiting.has_value(); });
  EXPECT_TRUE(raw("").starts_with("HTTP/1.1 503 "));
  (*waiting)({});
  run_until([&] { return outcome.has_value(); });
  EXPECT_EQ((*outcome)->status, 200u);
}

TEST_F(Http, ConnectionsThatSendNoRequestKeepNobodyOut) {
  HttpLimits limits;
  limits.connections_max = 3;
  serve(limits);
  std::vector<tcp::socket> idle;
  for (const std::string sent : {"", "GET / HT", "PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"}) {
    idle.emplace_back(io).connect({boost::asio::ip::address_v4::loopback(), server->local_port()});
    boost::asio::write(idle.back(), boost::asio::buffer(sent));
    run_until([&] { return server->connections() == idle.size(); });
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(call("/x"))->status, 200u) << i;
  std::array<char, 1> room;
  error_code error;
  idle.front().read_some(boost::asio::buffer(room), error);
  EXPECT_EQ(error, boost::asio::error::eof) << "who waited longest has given way";
}

TEST_F(Http, ClosesASlowClient) {
  HttpLimits limits;
  limits.idle = 50ms;
  serve(limits);
  EXPECT_EQ(raw(""), "");
  EXPECT_EQ(raw("GET / HTTP/1.1\r\nHo"), "");
  EXPECT_EQ(raw("PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf"), "");
  EXPECT_EQ(requests, 0);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(Http, StopsAfterTheAnswersUnderWay) {
  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  serve();
  tcp::socket idle(io);
  idle.connect({boost::asio::ip::address_v4::loopback(), server->local_port()});
  std::optional<base::Result<HttpResponse>> outcome;
  const Ongoing exchange = fetch(io, call("/wait"), deadline,
                                 [&](base::Result<HttpResponse> r) { outcome = std::move(r); });
  run_until([&] { return waiting.has_value() && server->connections() == 2; });
  const auto address = loopback(server->local_port());
  bool stopped = false;
  server->stop(deadline, [&] { stopped = true; });
  io.poll();
  EXPECT_FALSE(stopped);
  EXPECT_EQ(server->connections(), 1u) << "the idle connection goes at once";
  (*waiting)({.body = "last", .shared = {}, .headers = {}});
  run_until([&] { return stopped && outcome.has_value(); });
  EXPECT_EQ((*outcome)->body, "last");

  std::optional<base::Result<void>> connected;
  const Ongoing probe = tcp_connect(io, address, deadline, [&](auto r) { connected = r; });
  run_until([&] { return connected.has_value(); });
  EXPECT_FALSE(*connected);
}

TEST_F(Http, StopsAtTheDeadlineWhateverIsUnderWay) {
  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  serve();
  std::optional<base::Result<HttpResponse>> outcome;
  const Ongoing exchange = fetch(io, call("/wait", "POST"), deadline,
                                 [&](base::Result<HttpResponse> r) { outcome = std::move(r); });
  run_until([&] { return waiting.has_value(); });
  bool stopped = false;
  server->stop(10ms, [&] { stopped = true; });
  run_until([&] { return stopped && outcome.has_value(); });
  EXPECT_EQ(outcome->error().code, base::Errc::Unknown) << "a POST may have happened";
}

TEST_F(Http, MayBeDestroyedByItsResponderAndByStopped) {
  responder = [this](HttpRequest, Respond respond) {
    server.reset();
    respond({});
  };
  serve();
  EXPECT_FALSE(ask(call("/x")));
  EXPECT_EQ(server, nullptr);

  std::optional<Respond> waiting;
  responder = [&](HttpRequest, Respond respond) { waiting.emplace(std::move(respond)); };
  serve();
  const Ongoing exchange = fetch(io, call("/wait"), deadline, [](auto) {});
  run_until([&] { return waiting.has_value(); });
  server->stop(deadline, [this] { server.reset(); });
  (*waiting)({});
  run_until([&] { return server == nullptr; });
}

TEST_F(Http, KeepsAConnectionOfHttp10OnWish) {
  serve();
  const std::string answers =
      raw("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
          "GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(requests, 2);
  EXPECT_TRUE(answers.starts_with("HTTP/1.0 200 ")) << answers;
  EXPECT_NE(answers.find("Connection: keep-alive"), std::string::npos) << answers;
}

TEST_F(Http, TellsThatAnAddressIsTaken) {
  serve();
  const auto second = HttpServer::listen(io, loopback(server->local_port()), {}, responder);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Errc::Unavailable);
  EXPECT_TRUE(second.error().trail.starts_with("listen on 127.0.0.1:")) << second.error().trail;
}

}  // namespace
}  // namespace tidemark::net
