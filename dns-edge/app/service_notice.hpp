// What the service manager is told (sd_notify(3)): ready, a line of status, stopping.
//
// Ready means: started, admin answers; a node without any version yet is ready too, and its status
// says what it waits for. No watchdog: a feeder that hangs does not stop the workers, and a restart
// would. Without NOTIFY_SOCKET in the environment it says nothing.
//
// Threads   Any one.
// Requires  Made before lock_down(): an SQLite edge cannot connect afterwards.
#pragma once

#include <string_view>

namespace tidemark::edge {

class ServiceNotice {
 public:
  ServiceNotice();
  ~ServiceNotice();
  ServiceNotice(const ServiceNotice&) = delete;
  ServiceNotice& operator=(const ServiceNotice&) = delete;

  void ready() const;
  void status(std::string_view line) const;
  void stopping() const;

 private:
  void send(std::string_view text) const;
  int descriptor_ = -1;
};

}  // namespace tidemark::edge
