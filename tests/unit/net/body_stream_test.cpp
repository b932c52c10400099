// Bodies that go on: what is sent comes at once, who has gone or does not read is dropped.
#include "net/body_stream.hpp"

#include "tests/unit/net/http_fixture.hpp"

namespace tidemark::net {
namespace {

class Streams : public Http {
 protected:
  void serve_stream() {
    responder = [this](HttpRequest, Respond respond) {
      HttpResponse response;
      response.content_type = "text/event-stream";
      response.stream = [this](std::shared_ptr<BodyStream> begun) { stream = std::move(begun); };
      respond(std::move(response));
    };
    serve();
  }
  // A client that sent its request; it reads when the test says so.
  tcp::socket connect() {
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), server->local_port()});
    const std::string request = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";
    boost::asio::write(socket, boost::asio::buffer(request));
    run_until([&] { return stream != nullptr; });
    return socket;
  }
  void read_until(tcp::socket& socket, std::string& into, const std::string& end) {
    char octets[4096];
    bool done = false;
    const std::function<void()> read = [&] {
      socket.async_read_some(boost::asio::buffer(octets),
                             [&](const error_code& error, std::size_t count) {
                               into.append(octets, count);
                               done = error || into.find(end) != std::string::npos;
                               if (!done) read();
                             });
    };
    read();
    run_until([&] { return done; });
  }
  std::shared_ptr<BodyStream> stream;
};

TEST_F(Streams, OctetsComeAsTheyAreSentUntilTheServerEnds) {
  serve_stream();
  auto socket = connect();
  std::string heard;
  EXPECT_TRUE(stream->send("one\n"));
  read_until(socket, heard, "one\n");
  EXPECT_NE(heard.find("text/event-stream"), std::string::npos);
  EXPECT_EQ(heard.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(stream->send("two\n"));
  EXPECT_TRUE(stream->send("three\n"));
  read_until(socket, heard, "three\n");
  EXPECT_TRUE(heard.ends_with("one\ntwo\nthree\n")) << heard;
  stream->end();
  EXPECT_FALSE(stream->send("four\n"));
  read_until(socket, heard, "four");
  EXPECT_EQ(heard.find("four"), std::string::npos);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(Streams, AClientThatHasGoneIsNoticed) {
  serve_stream();
  {
    auto socket = connect();
  }
  run_until([&] { return server->connections() == 0; });
  EXPECT_FALSE(stream->send("nobody\n"));
}

TEST_F(Streams, AClientThatDoesNotReadIsDropped) {
  serve_stream();
  const auto socket = connect();
  const std::string much(256 * 1024, 'x');
  bool taken = true;
  for (int i = 0; i < 400 && taken; ++i) {  // more than the system keeps for it
    taken = stream->send(much);
    io.poll();
  }
  EXPECT_FALSE(taken);
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(Streams, AServerThatStopsEndsThem) {
  serve_stream();
  const auto socket = connect();
  bool stopped = false;
  server->stop(std::chrono::seconds(10), [&] { stopped = true; });
  run_until([&] { return stopped; });
  EXPECT_FALSE(stream->send("late\n"));
}

TEST_F(Streams, AHeadRequestGetsTheHeaderAlone) {
  serve_stream();
  const std::string answer = raw("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(answer.find("200"), std::string::npos);
  EXPECT_EQ(stream, nullptr);
}

}  // namespace
}  // namespace tidemark::net
