#include "net/bell_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <unistd.h>

namespace tidemark::net {

using Descriptor = boost::asio::posix::stream_descriptor;
using boost::system::error_code;

struct BellWatch::Watch : std::enable_shared_from_this<Watch> {
  // A duplicate: the descriptor belongs to the Source, and Asio closes its own.
  Watch(boost::asio::io_context& io, int bell, std::function<void()> call)
      : descriptor(io, ::dup(bell)), on_ring(std::move(call)) {}

  void wait() {
    descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this()](error_code error) {
      if (error || self->ended) return;
      self->on_ring();
      if (!self->ended) self->wait();
    });
  }
  void end() {
    ended = true;
    error_code ignored;
    descriptor.close(ignored);
  }

  Descriptor descriptor;
  const std::function<void()> on_ring;  // stays while it runs, also when it ends this watch
  bool ended = false;
};

BellWatch::BellWatch(boost::asio::io_context& io, std::function<void()> on_ring)
    : io_(io), on_ring_(std::move(on_ring)) {}

BellWatch::~BellWatch() {
  if (watch_) watch_->end();
}

bool BellWatch::follow(int bell) {
  if (bell == bell_) return false;
  if (watch_) watch_->end();
  watch_.reset();
  bell_ = bell;
  if (bell < 0) return true;
  watch_ = std::make_shared<Watch>(io_, bell, on_ring_);
  watch_->wait();
  return true;
}

}  // namespace tidemark::net
