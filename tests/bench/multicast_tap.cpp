#include "bench/multicast_tap.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "support/socket_address.h"
#include "support/stream.h"

namespace bpfcast::test {
namespace {

constexpr std::size_t kProtocolAt = 14 + 9;
constexpr std::size_t kGroupAt = 14 + 16;
constexpr std::size_t kPayloadAt = 14 + 20 + 8;
constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kRemembered = 64;

void Check(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

MulticastTap::MulticastTap(const Host& host) : socket_(host.ns.Socket(AF_PACKET, SOCK_RAW, 0)) {
  const int fd = socket_.get();
  const int size = 64 << 20;
  const int on = 1;
  Check(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size), "SO_RCVBUFFORCE");
  Check(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), "SO_TIMESTAMPNS");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = host.ns.IfIndex(host.interface);
  Check(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind to " + host.interface);
  thread_ = std::thread([this] { Loop(); });
}

MulticastTap::~MulticastTap() {
  stop_ = true;
  thread_.join();
}

void MulticastTap::Loop() {
  std::array<std::uint8_t, 128> data;
  while (!stop_) {
    pollfd wait{socket_.get(), POLLIN, 0};
    if (poll(&wait, 1, 20) <= 0) continue;
    iovec buffer{data.data(), data.size()};
    alignas(cmsghdr) char control[256];
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (length < static_cast<ssize_t>(kPayloadAt + sizeof(StreamHeader)) || data[kProtocolAt] != kUdp)
      continue;
    const auto header = ReadStreamHeader(std::span(data).subspan(kPayloadAt));
    if (!header) continue;
    std::array<std::uint8_t, 4> group;
    std::copy_n(data.begin() + kGroupAt, group.size(), group.begin());
    Instant time = Clock::now();
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp;
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      time = FromWallClock(stamp);
    }
    Account(Ipv4Address(group), {Instant(Nanos(header->sent_ns)), time});
  }
}

void MulticastTap::Account(const Ipv4Address& group, Arrival arrival) {
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[group];
  seen.last = arrival.arrived;
  if (seen.first.size() < kRemembered) seen.first.push_back(arrival);
}

std::optional<Instant> MulticastTap::FirstSentAfter(const Ipv4Address& group, Instant since) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(group);
  if (found == seen_.end()) return std::nullopt;
  for (const Arrival& arrival : found->second.first) {
    if (arrival.sent >= since) return arrival.arrived;
  }
  return std::nullopt;
}

std::optional<Instant> MulticastTap::Last(const Ipv4Address& group) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(group);
  if (found == seen_.end()) return std::nullopt;
  return found->second.last;
}

std::optional<Instant> MulticastTap::Latest() const {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> latest;
  for (const auto& [group, seen] : seen_) latest = std::max(latest.value_or(seen.last), seen.last);
  return latest;
}

Player::Player(const Host& host, std::vector<Ipv4Address> groups, unsigned rate)
    : groups_(std::move(groups)),
      interval_(Nanos(1s) / rate),
      socket_(host.ns.Socket(AF_INET, SOCK_DGRAM, 0)) {
  const int fd = socket_.get();
  ip_mreqn out{};
  out.imr_ifindex = host.ns.IfIndex(host.interface);
  const int ttl = 16;
  Check(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out), "IP_MULTICAST_IF");
  Check(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl), "IP_MULTICAST_TTL");
  const sockaddr_in from = ToSockaddr(host.address, 0);
  Check(bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from), "bind the source");
  thread_ = std::thread([this] { Loop(); });
}

Player::~Player() {
  stop_ = true;
  thread_.join();
}

void Player::Loop() {
  StreamHeader header{kStreamMagic, 0, 0};
  Instant due = Clock::now();
  for (std::size_t i = 0; !stop_; i = (i + 1) % groups_.size()) {
    const sockaddr_in to = ToSockaddr(groups_[i], 5000);
    // A full buffer costs one packet of a stream that has many.
    header.sent_ns = std::chrono::duration_cast<Nanos>(Clock::now().time_since_epoch()).count();
    sendto(socket_.get(), &header, sizeof header, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    due += interval_;
    std::this_thread::sleep_until(due);
  }
}

}  // namespace bpfcast::test
