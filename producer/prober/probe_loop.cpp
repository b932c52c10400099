#include "producer/prober/probe_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/bell_watch.hpp"
#include "producer/prober/frame_publisher.hpp"
#include "producer/prober/net_checker.hpp"

namespace tidemark::producer {

struct ProbeLoop::Inner {
  Inner(boost::asio::io_context& with, ProberSettings settings, base::Clock& clock,
        base::Random& random, log::Sink& sink, std::function<void(std::string)> say,
        std::string ca_file)
      : io(with),
        timer(with),
        remark(std::move(say)),
        checker(with, std::move(ca_file)),
        prober(std::move(settings), {clock, random, checker, [this] { turn_soon(); }}),
        publisher(sink),
        watch(with, [this] { turn(); }) {
    watch.follow(sink.bell());
  }

  // Many checks may end in one round of the loop: one turn for all.
  void turn_soon() {
    if (std::exchange(posted, true)) return;
    boost::asio::post(io, [this, alive = std::weak_ptr<int>(life)] {
      if (alive.expired()) return;
      posted = false;
      turn();
    });
  }

  void turn() {
    const FramePublisher::News news = publisher.poll();
    for (const std::string& each : news.remarks) remark(each);
    if (!has_targets) return;
    if (news.resend) prober.resend();
    const Prober::Step step = prober.step();
    for (const event::HealthFrame& frame : step.frames) publisher.publish(frame);
    timer.expires_after(step.call_again_in);
    timer.async_wait([this, alive = std::weak_ptr<int>(life)](const auto& error) {
      if (!error && !alive.expired()) turn();
    });
  }

  boost::asio::io_context& io;
  boost::asio::steady_timer timer;
  std::function<void(std::string)> remark;
  NetChecker checker;
  Prober prober;
  FramePublisher publisher;
  bool has_targets = false;
  bool posted = false;
  std::shared_ptr<int> life = std::make_shared<int>();  // for what is posted: are we still here?
  net::BellWatch watch;
};

ProbeLoop::ProbeLoop(boost::asio::io_context& io, ProberSettings settings, base::Clock& clock,
                     base::Random& random, log::Sink& sink, std::function<void(std::string)> remark,
                     std::string ca_file)
    : inner_(std::make_unique<Inner>(io, std::move(settings), clock, random, sink,
                                     std::move(remark), std::move(ca_file))) {}
ProbeLoop::~ProbeLoop() = default;

void ProbeLoop::set_targets(const std::vector<Target>& targets) {
  inner_->prober.set_targets(targets);
  inner_->has_targets = true;
  inner_->turn_soon();
}

Prober::Standing ProbeLoop::standing() const { return inner_->prober.standing(); }
std::uint64_t ProbeLoop::frames_persisted() const { return inner_->publisher.persisted(); }

}  // namespace tidemark::producer
