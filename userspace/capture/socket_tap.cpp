#include "capture/socket_tap.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "capture/vlan_tag.h"
#include "os/os_error.h"

namespace bpfcast {
namespace {

constexpr int kReceiveBuffer = 16 << 20;
constexpr std::size_t kLargestFrame = 65535 + 64;
constexpr int kFramesPerTurn = 20000;
constexpr std::uint32_t kAll = 0xffffffff;

/// Multicast packets of both families in some directions, wherever their IP header is.
auto MulticastFilter(SocketTap::Directions directions) {
  constexpr auto kNetwork = static_cast<std::uint32_t>(SKF_NET_OFF);
  return std::array<sock_filter, 15>{{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, static_cast<std::uint8_t>(directions.out ? 1 : 0),
               static_cast<std::uint8_t>(directions.in ? 1 : 0)),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kNetwork),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x40, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 4, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kNetwork + 16),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xe0, 2, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kNetwork + 24),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kAll),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
}

/// What the kernel says beside a frame.
struct Beside {
  std::chrono::nanoseconds time{};
  VlanTag tag;
};

Beside ReadBeside(msghdr& message) {
  Beside beside;
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(each), sizeof time);
      beside.time = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    if (each->cmsg_level == SOL_PACKET && each->cmsg_type == PACKET_AUXDATA) {
      tpacket_auxdata auxiliary{};
      std::memcpy(&auxiliary, CMSG_DATA(each), sizeof auxiliary);
      if ((auxiliary.tp_status & TP_STATUS_VLAN_VALID) == 0) continue;
      const bool named = (auxiliary.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
      beside.tag = {named ? auxiliary.tp_vlan_tpid : std::uint16_t{ETH_P_8021Q}, auxiliary.tp_vlan_tci};
    }
  }
  return beside;
}

}  // namespace

Result<SocketTap> SocketTap::Open(std::uint32_t ifindex, const std::string& name, LinkKind link) {
  const std::string what = "open a packet socket on " + name;
  SocketTap tap;
  tap.name_ = name;
  tap.link_ = link;
  tap.room_.resize(kLargestFrame);
  // Cooked, the frames of an interface without MAC addresses begin with the IP header, whatever it is.
  const int type = link == LinkKind::kEthernet ? SOCK_RAW : SOCK_DGRAM;
  tap.fd_ = UniqueFd(socket(AF_PACKET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!tap.fd_) return FailWithErrno(what, errno);
  constexpr int kOn = 1;
  if (setsockopt(tap.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) < 0) {
    static_cast<void>(setsockopt(tap.fd(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer));
  }
  if (setsockopt(tap.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &kOn, sizeof kOn) < 0 ||
      setsockopt(tap.fd(), SOL_PACKET, PACKET_AUXDATA, &kOn, sizeof kOn) < 0) {
    return FailWithErrno(what, errno);
  }
  tap.directions_ = {true, true};
  if (Result<void> turned = tap.Turn({}); !turned) return tl::unexpected(turned.error());
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(ifindex);
  if (bind(tap.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return FailWithErrno(what, errno);
  }
  return tap;
}

Result<void> SocketTap::Turn(Directions directions) {
  if (directions == directions_) return {};
  auto filter = MulticastFilter(directions);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) {
    return FailWithErrno("set the filter of a packet socket on " + name_, errno);
  }
  directions_ = directions;
  return {};
}

void SocketTap::Drain(const FrameFilter& filter, std::size_t port, FrameQueue& queue) {
  for (int i = 0; i < kFramesPerTurn; ++i) {
    alignas(cmsghdr) std::array<std::uint8_t, 256> control{};
    sockaddr_ll from{};
    iovec vector{room_.data(), room_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(fd(), &message, MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0 && errno == ENETDOWN) continue;  // said once; what is there stays
    if (size < 0) return;
    const Beside beside = ReadBeside(message);
    CapturedFrame frame;
    frame.time = beside.time;
    frame.port = port;
    frame.direction = from.sll_pkttype == PACKET_OUTGOING ? FrameDirection::kOut : FrameDirection::kIn;
    frame.length = static_cast<std::uint32_t>(size);
    frame.octets.assign(room_.begin(), room_.begin() + std::min<std::ptrdiff_t>(size, std::ssize(room_)));
    InsertTag(beside.tag, frame);
    const auto facts = ReadFrame(frame.octets, link_);
    if (!facts) continue;
    if (filter.Takes(*facts)) {
      queue.Add(std::move(frame));
    } else {
      ++left_out_;
    }
  }
}

std::uint64_t SocketTap::lost() {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) {
    lost_ += statistics.tp_drops;  // since it was asked last
  }
  return lost_;
}

}  // namespace bpfcast
