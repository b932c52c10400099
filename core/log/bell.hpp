// Bell: wakes whoever waits for a Source or Sink of the memory log.
//
// core/ does no I/O, so the memory log has no descriptor of its own. A process that waits on
// descriptors gives the store a maker of bells (topics/event_bell.hpp has an eventfd); a simulator
// gives none and steps everybody.
//
// Threads  ring(): any. hush(): the owner of the Source or Sink.
#pragma once

namespace tidemark::log {

class Bell {
 public:
  virtual ~Bell() = default;
  virtual void ring() noexcept = 0;  // makes descriptor() readable; never waits
  virtual void hush() noexcept = 0;  // not readable any more, until the next ring()
  virtual int descriptor() const noexcept = 0;
};

}  // namespace tidemark::log
