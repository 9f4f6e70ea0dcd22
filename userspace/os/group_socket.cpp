#include "os/group_socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "os/group_filter.h"
#include "os/os_error.h"

namespace bpfcast {
namespace {

/// A querier's general query makes every host of a large link answer within seconds.
constexpr int kReceiveBuffer = 8 << 20;
constexpr int kBatchesPerTurn = 8;

sockaddr_ll LinkAddressOf(std::uint32_t ifindex, std::uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(ifindex);
  return address;
}

}  // namespace

GroupSocket::GroupSocket(UniqueFd fd, std::uint32_t ifindex, std::string name)
    : fd_(std::move(fd)), ifindex_(ifindex), name_(std::move(name)) {}

Result<GroupSocket> GroupSocket::Open(std::uint32_t ifindex, const std::string& name) {
  const std::string what = "open a packet socket on " + name;
  // Protocol 0 until the filter is in place: nothing unfiltered gets in.
  UniqueFd fd(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailWithErrno(what, errno);
  auto filter = GroupFilter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0) {
    return FailWithErrno(what + ": set the filter", errno);
  }
  // Beyond net.core.rmem_max with CAP_NET_ADMIN; without it as much as that allows.
  if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof(kReceiveBuffer)) < 0) {
    static_cast<void>(setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof(kReceiveBuffer)));
  }
  // ETH_P_ALL: an ETH_P_IP socket sits behind TC ingress and sees nothing on a bridge port.
  const sockaddr_ll address = LinkAddressOf(ifindex, ETH_P_ALL);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    return FailWithErrno(what, errno);
  }
  return GroupSocket(std::move(fd), ifindex, name);
}

void GroupSocket::Receive(PacketBatch& batch, const Visit& visit) {
  std::array<mmsghdr, PacketBatch::kPackets> messages{};
  std::array<iovec, PacketBatch::kPackets> vectors{};
  std::array<sockaddr_ll, PacketBatch::kPackets> senders{};
  for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      vectors[i] = {batch.Slot(i).data(), PacketBatch::kPacketSize};
      messages[i].msg_hdr = {};
      messages[i].msg_hdr.msg_name = &senders[i];
      messages[i].msg_hdr.msg_namelen = sizeof(senders[i]);
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = recvmmsg(fd(), messages.data(), messages.size(), MSG_DONTWAIT, nullptr);
    // ENETDOWN is told once when the interface goes down; the socket works again when it is back.
    if (got < 0 && (errno == EINTR || errno == ENETDOWN)) continue;
    if (got <= 0) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      const auto direction =
          senders[i].sll_pkttype == PACKET_OUTGOING ? Direction::kOutgoing : Direction::kIncoming;
      const auto version = senders[i].sll_protocol == htons(ETH_P_IPV6) ? IpVersion::kIpv6 : IpVersion::kIpv4;
      visit(direction, version, batch.Slot(i).first(messages[i].msg_len));
    }
    if (static_cast<std::size_t>(got) < messages.size()) return;
  }
}

Result<void> GroupSocket::Send(const Ipv4Address& group, std::span<const std::uint8_t> packet) {
  return SendFrame(MulticastMac(group), ETH_P_IP, packet);
}

Result<void> GroupSocket::Send(const Ipv6Address& group, std::span<const std::uint8_t> packet) {
  return SendFrame(MulticastMac(group), ETH_P_IPV6, packet);
}

Result<void> GroupSocket::SendFrame(const MacAddress& destination, std::uint16_t ether_type,
                                    std::span<const std::uint8_t> packet) {
  sockaddr_ll address = LinkAddressOf(ifindex_, ether_type);
  address.sll_halen = destination.size();
  std::copy(destination.begin(), destination.end(), address.sll_addr);
  if (sendto(fd(), packet.data(), packet.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address),
             sizeof(address)) < 0) {
    return FailWithErrno(std::string("send ") + (ether_type == ETH_P_IP ? "IGMP" : "MLD") + " on " + name_,
                         errno);
  }
  return {};
}

std::uint64_t GroupSocket::Overflows() {
  tpacket_stats stats{};
  socklen_t size = sizeof(stats);
  // Reading resets the kernel's counter.
  if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0) overflows_ += stats.tp_drops;
  return overflows_;
}

}  // namespace bpfcast
