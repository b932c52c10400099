// UdpBatch: up to 32 datagrams in by one system call, their replies out by one.
//
// The only place with recvmmsg and sendmmsg. It does not look into datagrams: the caller looks at
// each datagram and says how long the reply in its slot is; 0 is silence.
//
// Invariants  A reply leaves from the address that was asked, also on a wildcard socket.
// Threads     The one worker.
// Cost        No allocation after construction (about 140 KiB). Only used slots are reset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

constexpr std::size_t udp_batch_datagrams = 32;
constexpr std::size_t udp_slot_octets = 2048;  // of a datagram in, of a reply out

class UdpBatch {
 public:
  UdpBatch();
  ~UdpBatch();
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

  // Whatever is there now, without waiting; the number of datagrams, 0 if none.
  std::size_t receive(int socket) noexcept;

  // Of one that is larger than a slot the beginning: cut short it is FORMERR, not silence (RFC
  // 8906).
  base::ByteView datagram(std::size_t index) const noexcept;
  // False for a datagram from port 0: nobody would get a reply.
  bool is_answerable(std::size_t index) const noexcept;
  Client client(std::size_t index) const noexcept;
  std::span<std::uint8_t> room(std::size_t index) noexcept;
  void set_reply(std::size_t index, std::size_t octets) noexcept;

  struct Sent {
    std::size_t datagrams = 0, octets = 0, errors = 0;
  };
  Sent send(int socket) noexcept;

 private:
  struct Slots;
  std::unique_ptr<Slots> slots_;
  std::size_t used_ = 0;
};

}  // namespace tidemark::edge
