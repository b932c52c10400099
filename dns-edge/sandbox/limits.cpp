#include "dns-edge/sandbox/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/resource.h>

namespace tidemark::edge {

std::optional<std::string> allow_open_files(std::uint64_t needed) {
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= needed) return std::nullopt;
  const auto had = limit;
  limit.rlim_max = std::max<rlim_t>(limit.rlim_max, needed);  // root may raise it
  limit.rlim_cur = needed;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return std::nullopt;
  limit = had;
  limit.rlim_cur = had.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return "open files: " + std::to_string(needed) + " are needed when every TCP place is taken, " +
         std::to_string(had.rlim_max) +
         " are allowed: raise the hard limit (systemd: LimitNOFILE=" + std::to_string(needed) +
         "; a shell: ulimit -Hn)";
}

base::Result<void> forbid_core_files() {
  const ::rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) == 0) return {};
  return base::fail(base::Errc::Unavailable,
                    std::string("RLIMIT_CORE: setrlimit: ") + std::strerror(errno));
}

}  // namespace tidemark::edge
