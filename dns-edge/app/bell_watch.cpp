#include "dns-edge/app/bell_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <unistd.h>

namespace tidemark::edge {

using Descriptor = boost::asio::posix::stream_descriptor;
using boost::system::error_code;

struct BellWatch::Watch : std::enable_shared_from_this<Watch> {
  // A duplicate: the descriptor belongs to the Source, and Asio closes its own.
  Watch(boost::asio::io_context& io, int bell, std::function<void()> call)
      : descriptor(io, ::dup(bell)), on_ring(std::move(call)) {}

  void wait() {
    descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this()](error_code error) {
      if (error || !self->on_ring) return;
      self->on_ring();
      if (self->on_ring) self->wait();
    });
  }
  void end() {
    on_ring = nullptr;
    error_code ignored;
    descriptor.close(ignored);
  }

  Descriptor descriptor;
  std::function<void()> on_ring;
};

BellWatch::BellWatch(boost::asio::io_context& io, std::function<void()> on_ring)
    : io_(io), on_ring_(std::move(on_ring)) {}

BellWatch::~BellWatch() {
  if (watch_) watch_->end();
}

void BellWatch::follow(int bell) {
  if (bell == bell_) return;
  if (watch_) watch_->end();
  watch_.reset();
  bell_ = bell;
  if (bell < 0) return;
  watch_ = std::make_shared<Watch>(io_, bell, on_ring_);
  watch_->wait();
}

}  // namespace tidemark::edge
