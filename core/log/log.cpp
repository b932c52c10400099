#include "core/log/log.hpp"

#include <utility>

namespace tidemark::log {

std::string to_text(Happening happening) {
  switch (happening) {
    case Happening::CaughtUp:    return "caught up";
    case Happening::Overlap:     return "overlap";
    case Happening::OutOfRange:  return "out of range";
    case Happening::Unavailable: return "unavailable";
    case Happening::Denied:      return "denied";
    case Happening::Stalled:     return "stalled";
  }
  std::unreachable();
}

std::string to_text(Cleanup cleanup) {
  switch (cleanup) {
    case Cleanup::Delete:        return "delete";
    case Cleanup::Compact:       return "compact";
    case Cleanup::CompactDelete: return "compact,delete";
  }
  std::unreachable();
}

}  // namespace tidemark::log
