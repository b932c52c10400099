#include "dns-edge/app/withdrawal.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tidemark::edge {

namespace {

std::unexpected<base::Error> failed(const std::string& file, const char* call) {
  return base::fail(base::Errc::Unavailable, file + ": " + call + ": " + std::strerror(errno));
}

}  // namespace

std::string to_text(Anycast anycast) {
  return anycast == Anycast::Announce ? "announce" : "withdraw";
}

std::optional<std::string> Withdrawal::step(const Sight& sight, std::chrono::nanoseconds now) {
  const PeerWatch::Count& peers = sight.peers;
  const bool enough = peers.fresh_ahead != 0 && 2 * peers.fresh_ahead >= peers.known + 1;
  const bool heard = peers.fresh != 0 && 2 * peers.fresh >= peers.known + 1;
  const bool behind = sight.serves && !sight.pinned && enough;
  if (!behind) behind_since_.reset();
  if (behind && !behind_since_) behind_since_ = now;
  if (behind) well_since_.reset();
  if (!behind && !well_since_) well_since_ = now;

  std::string why;
  if (!sight.serves) {
    lags_ = false;
  } else if (lags_) {
    if (!heard) why = "its peers are not heard to be fresh any more";
    if (heard && !behind && now - *well_since_ >= settings_.again) why = "it has caught up";
    lags_ = why.empty();
  } else if (behind && now - *behind_since_ >= settings_.after) {
    lags_ = true;
    why = std::to_string(peers.fresh_ahead) + " of " + std::to_string(peers.known) +
          " peers have served newer versions for " + std::to_string(settings_.after.count()) + " s";
  }
  const Anycast wanted = sight.serves && !lags_ ? Anycast::Announce : Anycast::Withdraw;
  if (std::exchange(wanted_, wanted) == wanted) return std::nullopt;
  if (why.empty()) why = sight.serves ? "it serves" : "it serves nothing";
  return "anycast: " + to_text(wanted) + ": " + why;
}

base::Result<void> Withdrawal::write(Anycast anycast) const {
  const std::string temporary = settings_.file + ".tmp", text = to_text(anycast) + "\n";
  const int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0) return failed(temporary, "open");
  ::fchmod(descriptor, 0644);  // whatever the umask is: another user's daemon reads it
  const bool whole =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(descriptor) != 0 || !whole) return failed(temporary, "write");
  if (::rename(temporary.c_str(), settings_.file.c_str()) != 0) {
    return failed(settings_.file, "rename");
  }
  return {};
}

}  // namespace tidemark::edge
