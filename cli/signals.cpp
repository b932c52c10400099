#include "cli/signals.hpp"

#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/check.hpp"

namespace tidemark::cli {

Signals::Signals(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  TIDEMARK_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "signals can be blocked");
  descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  TIDEMARK_CHECK(descriptor_ >= 0, "there is a descriptor left at start");
}

Signals::~Signals() { close(descriptor_); }

int Signals::take() {
  signalfd_siginfo came{};
  return read(descriptor_, &came, sizeof came) == ssize_t{sizeof came}
             ? static_cast<int>(came.ssi_signo)
             : 0;
}

int Signals::wait(std::chrono::milliseconds patience) {
  pollfd one{.fd = descriptor_, .events = POLLIN, .revents = 0};
  (void)poll(&one, 1, static_cast<int>(patience.count()));
  return take();
}

}  // namespace tidemark::cli
