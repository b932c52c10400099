#include "dns-edge/serve/tcp_session.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "core/dns/message.hpp"
#include "dns-edge/serve/tcp_service.hpp"

namespace tidemark::edge {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t length_octets = 2;       // in front of each message
constexpr std::size_t read_octets_min = 1024;  // a few queries
constexpr std::size_t read_octets_max = length_octets + dns::message_octets_max;
static_assert(tcp_output_octets_max >= length_octets + dns::message_octets_max,
              "a reply of any size fits");

}  // namespace

TcpSession::TcpSession(TcpService& service, Socket socket, net::IpAddress source,
                       const Client& client)
    : service_(service),
      socket_(std::move(socket)),
      source_(source),
      client_(client),
      since_(Clock::now()),
      quiet_since_(since_),
      in_(read_octets_min) {}

void TcpSession::start() { read(); }

void TcpSession::enter(Phase phase, Clock::time_point since) {
  phase_ = phase;
  since_ = since;
}

void TcpSession::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
  service_.forget(*this);
}

void TcpSession::finish() {
  if (phase_ == Phase::Closed || finishing_) return;
  finishing_ = true;
  error_code failed;
  left_ = socket_.available(failed);
  if (failed) left_ = 0;
  if (phase_ != Phase::Writing) socket_.cancel(failed);  // the read goes on in read_last()
}

bool TcpSession::overdue(Clock::time_point now, const TcpLimits& limits, bool full) const noexcept {
  const auto age = now - since_;
  if (phase_ == Phase::Idle) return age >= (full ? limits.idle_when_full : limits.idle);
  return age >= limits.message;
}

void TcpSession::read() {
  const auto room = asio::buffer(in_.data() + filled_, in_.size() - filled_);
  socket_.async_read_some(room, [self = shared_from_this()](error_code error, std::size_t octets) {
    if (self->phase_ == Phase::Closed) return;
    if (error == asio::error::operation_aborted && self->finishing_) return self->read_last();
    if (error) return self->close();  // all that was owed is written: reads wait for that
    self->received(octets);
  });
}

// What had come when the service ended, and no more: a client that goes on sending holds nobody up.
void TcpSession::read_last() {
  error_code error;
  const std::size_t room = std::min(left_, in_.size() - filled_);
  if (room == 0) return close();
  socket_.non_blocking(true, error);
  const std::size_t octets = socket_.read_some(asio::buffer(in_.data() + filled_, room), error);
  if (error) return close();
  left_ -= octets;
  received(octets);
}

void TcpSession::received(std::size_t octets) {
  if (filled_ == 0) message_since_ = Clock::now();
  filled_ += octets;
  take_messages();
}

void TcpSession::take_messages() {
  if (!service_.begin_batch(client_)) return close();
  const TcpService::ServiceTime measured(service_, client_);
  while (!closing_ && in_flight_ < tcp_in_flight_max &&
         out_.size() + length_octets + dns::message_octets_max <= tcp_output_octets_max &&
         take_message()) {
  }
  compact();
  if (!out_.empty()) return write();
  if (closing_) return close();
  if (finishing_) return read_last();
  enter(filled_ == 0 ? Phase::Idle : Phase::Message, filled_ == 0 ? Clock::now() : message_since_);
  read();
}

bool TcpSession::take_message() {
  const auto rest = base::ByteView(in_).subspan(taken_, filled_ - taken_);
  if (rest.size() < length_octets) return false;
  const std::size_t octets = base::load_u16(rest.data());
  if (rest.size() < length_octets + octets) return false;
  taken_ += length_octets + octets;
  const base::ByteView reply = service_.reply(rest.subspan(length_octets, octets), client_);
  if (reply.empty()) {  // a response, or a stub: not a client of ours
    closing_ = true;
    return false;
  }
  out_.push_back(static_cast<std::uint8_t>(reply.size() >> 8));
  out_.push_back(static_cast<std::uint8_t>(reply.size()));
  out_.insert(out_.end(), reply.begin(), reply.end());
  ++in_flight_;
  return true;
}

// What is left moves to the front; a message that announces more gets the room for it, and who is
// done with a large one gives the room back.
void TcpSession::compact() {
  if (taken_ != 0) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(taken_),
              in_.begin() + static_cast<std::ptrdiff_t>(filled_), in_.begin());
    filled_ -= taken_;
    taken_ = 0;
    quiet_since_ = Clock::now();
    message_since_ = quiet_since_;  // its first octet came with the last segment
  }
  if (filled_ == in_.size()) {
    in_.resize(read_octets_max);
  } else if (in_.size() > read_octets_min && filled_ == 0) {
    in_.resize(read_octets_min);
    in_.shrink_to_fit();
  }
}

void TcpSession::write() {
  enter(Phase::Writing, Clock::now());
  asio::async_write(socket_, asio::buffer(out_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (self->phase_ == Phase::Closed) return;
                      if (error || self->closing_) return self->close();
                      self->written();
                    });
}

void TcpSession::written() {
  // The client could not send on while we did not read: that is not held against it.
  message_since_ += Clock::now() - since_;
  out_.clear();
  if (out_.capacity() > read_octets_max) out_.shrink_to_fit();
  in_flight_ = 0;
  take_messages();
}

}  // namespace tidemark::edge
