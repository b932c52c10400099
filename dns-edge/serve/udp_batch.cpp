#include "dns-edge/serve/udp_batch.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

namespace tidemark::edge {

namespace {

constexpr std::size_t control_octets = 64;  // one in6_pktinfo

struct Slot {
  alignas(cmsghdr) std::array<std::uint8_t, control_octets> control;
  sockaddr_storage peer;
  iovec in;
  iovec out;
  bool answerable;
};

std::uint16_t port_of(const sockaddr_storage& peer) noexcept {
  // Both families have the port at the same place.
  sockaddr_in v4;
  std::memcpy(&v4, &peer, sizeof v4);
  return ntohs(v4.sin_port);
}

// The reply leaves from the address that was asked, by the way that routing gives it: not by the
// interface where the query came in. Link-local addresses mean nothing without one.
void forget_interface(msghdr& header) noexcept {
  for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      in_pktinfo local;
      std::memcpy(&local, CMSG_DATA(one), sizeof local);
      local.ipi_ifindex = 0;
      std::memcpy(CMSG_DATA(one), &local, sizeof local);
    } else if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo local;
      std::memcpy(&local, CMSG_DATA(one), sizeof local);
      if (!IN6_IS_ADDR_LINKLOCAL(&local.ipi6_addr)) local.ipi6_ifindex = 0;
      std::memcpy(CMSG_DATA(one), &local, sizeof local);
    }
  }
}

}  // namespace

struct UdpBatch::Slots {
  std::array<Slot, udp_batch_datagrams> slot;
  std::array<mmsghdr, udp_batch_datagrams> in;
  std::array<mmsghdr, udp_batch_datagrams> out;
  std::array<std::array<std::uint8_t, udp_slot_octets>, udp_batch_datagrams> received;
  std::array<std::array<std::uint8_t, udp_slot_octets>, udp_batch_datagrams> replies;

  void reset(std::size_t index) noexcept {
    in[index].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    in[index].msg_hdr.msg_controllen = control_octets;
  }
};

UdpBatch::UdpBatch() : slots_(std::make_unique<Slots>()) {
  for (std::size_t i = 0; i < udp_batch_datagrams; ++i) {
    Slot& slot = slots_->slot[i];
    slot.in = {slots_->received[i].data(), udp_slot_octets};
    slot.out = {slots_->replies[i].data(), 0};
    msghdr& header = slots_->in[i].msg_hdr;
    header = {};
    header.msg_name = &slot.peer;
    header.msg_iov = &slot.in;
    header.msg_iovlen = 1;
    header.msg_control = slot.control.data();
    slots_->reset(i);
  }
}

UdpBatch::~UdpBatch() = default;

std::size_t UdpBatch::receive(int socket) noexcept {
  for (std::size_t i = 0; i < used_; ++i) slots_->reset(i);
  used_ = 0;
  int count;
  do {
    count = recvmmsg(socket, slots_->in.data(), udp_batch_datagrams, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return 0;
  used_ = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < used_; ++i) {
    Slot& slot = slots_->slot[i];
    slot.answerable = port_of(slot.peer) != 0;
    slot.out.iov_len = 0;
  }
  return used_;
}

base::ByteView UdpBatch::datagram(std::size_t index) const noexcept {
  return base::ByteView(slots_->received[index]).first(slots_->in[index].msg_len);
}

bool UdpBatch::is_answerable(std::size_t index) const noexcept {
  return slots_->slot[index].answerable;
}

Client UdpBatch::client(std::size_t index) const noexcept {
  const sockaddr_storage& peer = slots_->slot[index].peer;
  Client client;
  if (peer.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &peer, sizeof v4);
    client.address_octets = sizeof v4.sin_addr;
    std::memcpy(client.address.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else {  // sockets are of one family each: no IPv4 in IPv6
    sockaddr_in6 v6;
    std::memcpy(&v6, &peer, sizeof v6);
    client.address_octets = sizeof v6.sin6_addr;
    std::memcpy(client.address.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return client;
}

std::span<std::uint8_t> UdpBatch::room(std::size_t index) noexcept {
  return slots_->replies[index];
}

void UdpBatch::set_reply(std::size_t index, std::size_t octets) noexcept {
  slots_->slot[index].out.iov_len = octets;
}

UdpBatch::Sent UdpBatch::send(int socket) noexcept {
  Sent sent;
  std::size_t replies = 0;
  for (std::size_t i = 0; i < used_; ++i) {
    if (slots_->slot[i].out.iov_len == 0) continue;
    msghdr& header = slots_->out[replies++].msg_hdr;
    header = slots_->in[i].msg_hdr;  // back to the peer, from the address that it asked
    header.msg_iov = &slots_->slot[i].out;
    header.msg_flags = 0;
    if (header.msg_controllen == 0) header.msg_control = nullptr;
    forget_interface(header);
    sent.octets += slots_->slot[i].out.iov_len;
  }
  // On an error the first datagram is the one that failed: it is skipped, the rest goes on.
  for (std::size_t at = 0; at < replies;) {
    const int count =
        sendmmsg(socket, &slots_->out[at], static_cast<unsigned>(replies - at), MSG_DONTWAIT);
    if (count > 0) {
      at += static_cast<std::size_t>(count);
      sent.datagrams += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    sent.octets -= slots_->out[at].msg_hdr.msg_iov->iov_len;
    ++sent.errors;
    ++at;
  }
  return sent;
}

}  // namespace tidemark::edge
