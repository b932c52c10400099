// Beast on the server's side. This file and http_exchange.cpp alone instantiate it (they share no
// instantiation, and each costs seconds to compile); behind HttpSession and Ongoing nobody else
// pays.
#include "net/http_session.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "core/base/utf8.hpp"

namespace tidemark::net {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint64_t part_octets_max = 128 * 1024;  // of a file, read on the loop: about 20 us
constexpr std::uint64_t parts_per_second_min = 4;      // under a limit of octets per second

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

template <class Fields>
HttpHeaders copy_headers(const Fields& fields) {
  HttpHeaders headers;
  for (const auto& field : fields) headers.add(text(field.name_string()), text(field.value()));
  return headers;
}

// States: Reading (a header or body is awaited) -> Answering (the responder has the request) ->
// Writing -> Reading again, or Draining (so that the client reads our answer before it learns that
// we closed), or Streaming (the body goes on until one side ends) -> Closed.
class BeastSession final : public HttpSession, public std::enable_shared_from_this<BeastSession> {
  using Clock = std::chrono::steady_clock;

 public:
  BeastSession(tcp::socket socket, std::shared_ptr<HttpSessions> sessions)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        pace_(socket_.get_executor()),
        sessions_(std::move(sessions)) {}

  void start() override { read_header(); }

  void finish() override {
    const bool idle = state_ == State::Reading && !parser_->got_some();
    if (idle || state_ == State::Draining || state_ == State::Streaming) close();
    keep_alive_ = false;
  }

  void close() override {
    if (state_ == State::Closed) return;
    state_ = State::Closed;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    pace_.cancel();
    sessions_->remove(shared_from_this());
  }

  std::optional<Clock::time_point> waits_since() const override {
    if (state_ != State::Reading && state_ != State::Draining) return std::nullopt;
    return since_;
  }

 private:
  enum class State { Reading, Answering, Writing, Streaming, Draining, Closed };
  class Streamed;
  using Body = http::span_body<const char>;

  void read_header() {
    state_ = State::Reading;
    since_ = Clock::now();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(sessions_->limits.header_octets_max));
    parser_->body_limit(boost::none);  // on_header sets it by the target
    close_after(sessions_->limits.idle);
    http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t octets) {
          error ? self->on_failed_read(error) : self->on_header(octets);
        });
  }

  void on_header(std::size_t octets) {
    if (state_ == State::Closed) return;
    // Beast counts the first line and the fields apart: its own limit is one for each.
    if (octets > sessions_->limits.header_octets_max) {
      return on_failed_read(http::make_error_code(http::error::header_limit));
    }
    keep_alive_ = parser_->keep_alive() && !sessions_->stopping;
    version_ = parser_->get().version();
    const std::size_t limit = body_limit(parser_->get().target());
    parser_->body_limit(limit);
    if (const auto length = parser_->content_length(); length && *length > limit) {
      return refuse(413, "the body has more than " + std::to_string(limit) + " octets");
    }
    close_after(transfer_time(parser_->content_length().value_or(limit)));
    const bool waits_for_100 =
        boost::beast::iequals(parser_->get()[http::field::expect], "100-continue");
    if (!waits_for_100 || parser_->is_done()) return read_body();
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::async_write(socket_, boost::asio::buffer(go_on),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                               error ? self->close() : self->read_body();
                             });
  }

  void read_body() {
    if (state_ == State::Closed) return;
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t) {
                       error ? self->on_failed_read(error) : self->on_request();
                     });
  }

  void on_failed_read(const error_code& error) {
    if (state_ == State::Closed) return;
    const bool is_http =
        error.category() == http::make_error_code(http::error::bad_method).category();
    if (!is_http || error == http::error::end_of_stream || error == http::error::partial_message) {
      return close();
    }
    if (error == http::error::header_limit) return refuse(431, "the header is too large");
    if (error == http::error::body_limit) return refuse(413, "the body is too large");
    refuse(400, "malformed HTTP: " + error.message());
  }

  void on_request() {
    if (state_ == State::Closed) return;
    auto message = parser_->release();
    auto target = parse_target({message.target().data(), message.target().size()});
    is_head_ = message.method() == http::verb::head;
    if (!target) return refuse(400, "malformed request: " + target.error().trail);
    error_code ignored;
    HttpRequest request{.method = text(message.method_string()),
                        .target = text(message.target()),
                        .path = std::move(target->path),
                        .query = std::move(target->query),
                        .headers = copy_headers(message),
                        .body = std::move(message.body()),
                        .peer = from_endpoint(socket_.remote_endpoint(ignored))};
    state_ = State::Answering;
    timer_.cancel();
    const auto weak = std::weak_ptr(shared_from_this());
    Respond respond([weak](HttpResponse response) {
      if (const auto self = weak.lock()) self->answer(std::move(response));
    });
    if (const auto responder = sessions_->responder) {
      (*responder)(std::move(request), std::move(respond));
    }
  }

  // What never reached the responder: the connection is of no use afterwards.
  void refuse(unsigned status, const std::string& error) {
    keep_alive_ = false;
    state_ = State::Answering;
    answer(error_response(status, error));
  }

  void answer(HttpResponse response) {
    if (state_ != State::Answering) return;
    state_ = State::Writing;
    keep_alive_ = keep_alive_ && !sessions_->stopping;
    answer_ = std::move(response);
    // What strangers once wrote into the log may not break the page of everybody (RFC 8259: UTF-8).
    const bool is_json = answer_.content_type.starts_with("application/json");
    if (is_json && !base::is_utf8(answer_.body)) answer_.body = base::with_utf8_only(answer_.body);
    message_.emplace();
    message_->version(version_);
    message_->result(answer_.status);
    for (const auto& [name, value] : answer_.headers) message_->insert(name, value);
    const bool may_have_body =
        answer_.status >= 200 && answer_.status != 204 && answer_.status != 304;
    if (!may_have_body) answer_.shared.reset();
    if (may_have_body) {
      if (answer_.size() > 0) message_->set(http::field::content_type, answer_.content_type);
      if (answer_.stream) {
        keep_alive_ = false;
        message_->set(http::field::content_type, answer_.content_type);
      } else {
        message_->content_length(answer_.size());
      }
      const std::string& body = answer_.body;
      const bool is_here = !is_head_ && !answer_.shared;  // what is shared follows in parts
      if (is_here) message_->body() = boost::beast::span<const char>(body.data(), body.size());
    }
    message_->keep_alive(keep_alive_);
    serializer_.emplace(*message_);
    sent_ = 0;
    sent_since_ = std::chrono::steady_clock::now();
    close_after(transfer_time(answer_.body.size()));
    http::async_write(socket_, *serializer_,
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        self->on_written(error);
                      });
  }

  void on_written(const error_code& error) {
    if (state_ == State::Closed) return;
    if (error) return close();
    if (answer_.shared && !is_head_ && sent_ < answer_.shared->octets) return send_part();
    if (answer_.stream && !is_head_) return begin_stream();
    answer_ = {};
    part_ = {};
    is_head_ = false;
    if (keep_alive_ && !sessions_->stopping) return read_header();
    state_ = State::Draining;
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    constexpr std::chrono::seconds drain_max{2};
    close_after(drain_max);
    drain();
  }

  void begin_stream();

  // The client says no more; when it goes we learn it here.
  void listen_for_end() {
    if (state_ != State::Streaming) return;
    buffer_.consume(buffer_.size());
    socket_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                              error ? self->close() : self->listen_for_end();
                            });
  }

  bool send_streamed(std::string octets) {
    if (state_ != State::Streaming) return false;
    if (waiting_.size() + octets.size() > stream_backlog_octets_max) {
      close();
      return false;
    }
    waiting_ += octets;
    if (streaming_.empty()) write_streamed();
    return true;
  }

  void write_streamed() {
    streaming_ = std::exchange(waiting_, {});
    if (streaming_.empty()) {
      timer_.cancel();
      return;
    }
    close_after(transfer_time(streaming_.size()));
    boost::asio::async_write(socket_, boost::asio::buffer(streaming_),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                               if (self->state_ != State::Streaming) return;
                               error ? self->close() : self->write_streamed();
                             });
  }

  void send_part() {
    const SharedPart& shared = *answer_.shared;
    std::uint64_t octets = std::min(shared.octets - sent_, part_octets_max);
    if (const auto pace = shared.octets_per_second_max; pace > 0) {
      octets = std::min(octets, std::max<std::uint64_t>(pace / parts_per_second_min, 1));
    }
    part_.resize(octets);
    if (!shared.source->read(shared.first + sent_, part_)) return close();
    sent_ += octets;
    close_after(transfer_time(octets));
    boost::asio::async_write(socket_, boost::asio::buffer(part_),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                               error ? self->on_written(error) : self->keep_pace();
                             });
  }

  void keep_pace() {
    if (state_ == State::Closed) return;
    const std::uint64_t pace = answer_.shared->octets_per_second_max;
    if (pace == 0) return on_written({});
    const std::chrono::duration<double> due(static_cast<double>(sent_) / static_cast<double>(pace));
    pace_.expires_at(sent_since_ + std::chrono::duration_cast<std::chrono::nanoseconds>(due));
    pace_.async_wait([self = shared_from_this()](const error_code& ended) {
      if (!ended) self->on_written({});
    });
  }

  void drain() {
    if (state_ != State::Draining) return;
    buffer_.consume(buffer_.size());
    socket_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                              error ? self->close() : self->drain();
                            });
  }

  void close_after(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this()](const error_code& ended) {
      // Expired meanwhile, but set anew before this ran: not ours to close.
      if (!ended && self->timer_.expiry() <= std::chrono::steady_clock::now()) self->close();
    });
  }

  std::size_t body_limit(boost::beast::string_view target) const {
    for (const HttpLimits::Group& group : sessions_->limits.groups) {
      if (target.starts_with(boost::beast::string_view(group.prefix))) return group.body_octets_max;
    }
    return sessions_->limits.body_octets_max;
  }

  std::chrono::milliseconds transfer_time(std::uint64_t octets) const {
    const HttpLimits& limits = sessions_->limits;
    return limits.idle + std::chrono::seconds(octets / limits.transfer_octets_per_second_min);
  }

  tcp::socket socket_;
  boost::asio::steady_timer timer_, pace_;
  std::shared_ptr<HttpSessions> sessions_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpResponse answer_;
  std::optional<http::response<Body>> message_;
  std::optional<http::response_serializer<Body>> serializer_;
  base::Bytes part_;        // of what is shared
  std::uint64_t sent_ = 0;  // octets of it
  std::chrono::steady_clock::time_point sent_since_;
  std::string streaming_, waiting_;  // of a BodyStream: being written, to be written next
  State state_ = State::Reading;
  Clock::time_point since_;  // the begin of Reading
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool is_head_ = false;
};

// Outlives its session, and then is told so.
class BeastSession::Streamed final : public BodyStream {
 public:
  explicit Streamed(std::weak_ptr<BeastSession> session) : session_(std::move(session)) {}
  bool send(std::string octets) override {
    const auto session = session_.lock();
    return session && session->send_streamed(std::move(octets));
  }
  void end() override {
    if (const auto session = session_.lock()) session->close();
  }

 private:
  std::weak_ptr<BeastSession> session_;
};

void BeastSession::begin_stream() {
  state_ = State::Streaming;
  timer_.cancel();
  const auto begin = std::exchange(answer_.stream, nullptr);
  answer_ = {};
  begin(std::make_shared<Streamed>(weak_from_this()));
  listen_for_end();
}

}  // namespace

std::shared_ptr<HttpSession> make_session(tcp::socket socket,
                                          std::shared_ptr<HttpSessions> sessions) {
  return std::make_shared<BeastSession>(std::move(socket), std::move(sessions));
}

}  // namespace tidemark::net
