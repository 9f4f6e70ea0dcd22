#include "support/capture.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace bpfcast::test {
namespace {

void Check(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": " + std::strerror(errno));
}

// Jumps count instructions: those that do not match go on to the next header, or to the end.
constexpr std::uint32_t kHopByHop = 0;
constexpr std::uint32_t kIcmpv6 = 58;
const std::vector<sock_filter> kIgmpOnly{
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IGMP, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0xffff),      BPF_STMT(BPF_RET | BPF_K, 0),
};
/// ICMPv6 types 130 to 132 and 143, with Hop-by-Hop Options or (illegal, so it must be seen) without.
const std::vector<sock_filter> kMldOnly{
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 0, 12),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kHopByHop, 0, 4),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kIcmpv6, 0, 8),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 62),
    BPF_JUMP(BPF_JMP | BPF_JA, 2, 0, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kIcmpv6, 0, 5),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 143, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 130, 0, 2),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 132, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, 0xffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
};
const std::vector<sock_filter> kUdpOnly{
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 2),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 3, 4),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IPV6, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0xffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

const std::vector<sock_filter>& FilterOf(Capture::What what) {
  switch (what) {
    case Capture::What::kIgmp:
      return kIgmpOnly;
    case Capture::What::kMld:
      return kMldOnly;
    case Capture::What::kUdp:
      break;
  }
  return kUdpOnly;
}

void SetFilter(int fd, Capture::What what) {
  std::vector<sock_filter> code = FilterOf(what);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  Check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), "capture filter");
}

sockaddr_ll PortAddress(int ifindex) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = ifindex;
  return address;
}

}  // namespace

Capture::Capture(const NetNs& ns, const std::string& interface, What what)
    : socket_(ns.Socket(AF_PACKET, SOCK_RAW, 0)) {
  const int fd = socket_.get();
  const int ifindex = ns.IfIndex(interface);
  SetFilter(fd, what);
  const int size = 64 << 20;
  const int on = 1;
  Check(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size), "SO_RCVBUFFORCE");
  Check(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), "SO_TIMESTAMPNS");
  const sockaddr_ll address = PortAddress(ifindex);
  Check(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address),
        "bind capture to " + interface);
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = ifindex;
  promiscuous.mr_type = PACKET_MR_PROMISC;
  Check(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous),
        "promiscuous mode");
  thread_ = std::thread([this] { Loop(); });
}

Capture::~Capture() {
  stop_ = true;
  thread_.join();
}

void Capture::Loop() {
  Bytes buffer(65536);
  while (!stop_) {
    pollfd wait{socket_.get(), POLLIN, 0};
    if (poll(&wait, 1, 20) <= 0) continue;
    sockaddr_ll from{};
    iovec data{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[256];
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (length < 0) continue;
    Packet packet = Decode(Bytes(buffer.begin(), buffer.begin() + length));
    packet.direction = from.sll_pkttype == PACKET_OUTGOING ? Packet::Direction::kOut : Packet::Direction::kIn;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp;
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      packet.time = FromWallClock(stamp);
    }
    const std::lock_guard lock(mutex_);
    packets_.push_back(std::move(packet));
  }
}

std::vector<Packet> Capture::Packets(const Predicate& match, Instant since) const {
  const std::lock_guard lock(mutex_);
  std::vector<Packet> found;
  for (const Packet& packet : packets_) {
    if (packet.time >= since && (match == nullptr || match(packet))) found.push_back(packet);
  }
  return found;
}

std::size_t Capture::Count(const Predicate& match, Instant since) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(packets_.begin(), packets_.end(), [&](const Packet& packet) {
    return packet.time >= since && (match == nullptr || match(packet));
  }));
}

std::optional<Packet> Capture::WaitFor(const Predicate& match, Clock::duration limit, Instant since) const {
  std::optional<Packet> found;
  Eventually(
      [&] {
        const std::lock_guard lock(mutex_);
        const auto it = std::find_if(packets_.begin(), packets_.end(), [&](const Packet& packet) {
          return packet.time >= since && match(packet);
        });
        if (it != packets_.end()) found = *it;
        return found.has_value();
      },
      limit);
  return found;
}

std::optional<Instant> Capture::LastTime() const {
  const std::lock_guard lock(mutex_);
  const auto last = std::find_if(packets_.rbegin(), packets_.rend(), Arrived);
  if (last == packets_.rend()) return std::nullopt;
  return last->time;
}

unsigned Capture::Missed() const {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0) missed_ += stats.tp_drops;
  return missed_;
}

Injector::Injector(const NetNs& ns, const std::string& interface)
    : socket_(ns.Socket(AF_PACKET, SOCK_RAW, 0)) {
  sockaddr_ll address = PortAddress(ns.IfIndex(interface));
  address.sll_protocol = 0;  // it receives nothing
  Check(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
        "bind to " + interface);
}

void Injector::Send(const Bytes& frame) const {
  Check(static_cast<int>(send(socket_.get(), frame.data(), frame.size(), 0)), "inject a frame");
}

void Injector::Send(const std::vector<Bytes>& frames) const {
  constexpr std::size_t kBatch = 64;
  for (std::size_t done = 0; done < frames.size();) {
    const std::size_t count = std::min(kBatch, frames.size() - done);
    std::array<iovec, kBatch> data{};
    std::array<mmsghdr, kBatch> messages{};
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes& frame = frames[done + i];
      data[i] = {const_cast<std::uint8_t*>(frame.data()), frame.size()};
      messages[i].msg_hdr.msg_iov = &data[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(count), 0);
    Check(sent, "inject frames");
    done += static_cast<std::size_t>(sent);
  }
}

}  // namespace bpfcast::test
