#include "dns-edge/app/service_notice.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tidemark::edge {

ServiceNotice::ServiceNotice() {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  union {
    sockaddr any;
    sockaddr_un local;
  } address{};
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  const std::size_t octets = std::strlen(path);
  if (octets >= sizeof address.local.sun_path) return;
  address.local.sun_family = AF_UNIX;
  std::memcpy(address.local.sun_path, path, octets);
  if (path[0] == '@') address.local.sun_path[0] = '\0';  // an abstract name
  descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + octets);
  if (descriptor_ >= 0 && ::connect(descriptor_, &address.any, length) == 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
}

ServiceNotice::~ServiceNotice() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// A manager that does not listen is no reason to wait.
void ServiceNotice::send(std::string_view text) const {
  if (descriptor_ < 0) return;
  static_cast<void>(::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

void ServiceNotice::ready() const { send("READY=1"); }
void ServiceNotice::stopping() const { send("STOPPING=1"); }

void ServiceNotice::status(std::string_view line) const {
  send("STATUS=" + std::string(line.substr(0, line.find('\n'))));
}

}  // namespace tidemark::edge
