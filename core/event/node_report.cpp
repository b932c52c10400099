#include "core/event/node_report.hpp"

#include <utility>

namespace tidemark::event {

std::string to_text(NodeState state) {
  switch (state) {
    case NodeState::Cold:       return "COLD";
    case NodeState::Restored:   return "RESTORED";
    case NodeState::CatchingUp: return "CATCHING_UP";
    case NodeState::Live:       return "LIVE";
    case NodeState::Diverged:   return "DIVERGED";
    case NodeState::Halted:     return "HALTED";
  }
  std::unreachable();
}

}  // namespace tidemark::event
