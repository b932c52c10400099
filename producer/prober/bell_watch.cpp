#include "producer/prober/bell_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <unistd.h>

namespace tidemark::producer {

struct BellWatch::Watch : std::enable_shared_from_this<Watch> {
  // A duplicate, for the descriptor belongs to the Source or Sink and Asio closes its own.
  Watch(boost::asio::io_context& io, int bell, std::function<void()> call)
      : descriptor(io, ::dup(bell)), on_ring(std::move(call)) {}

  void wait() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || !self->on_ring) return;
                            self->on_ring();
                            if (self->on_ring) self->wait();
                          });
  }

  boost::asio::posix::stream_descriptor descriptor;
  std::function<void()> on_ring;
};

BellWatch::BellWatch(boost::asio::io_context& io, int bell, std::function<void()> on_ring) {
  if (bell < 0) return;
  watch_ = std::make_shared<Watch>(io, bell, std::move(on_ring));
  watch_->wait();
}

BellWatch::~BellWatch() {
  if (!watch_) return;
  watch_->on_ring = nullptr;
  boost::system::error_code ignored;
  watch_->descriptor.close(ignored);
}

}  // namespace tidemark::producer
