#include "bpf/tun.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace bpfcast::bpftest {

Tun::Tun(const std::string& name) {
  fd_ = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (fd_ < 0 || ::ioctl(fd_, TUNSETIFF, &request) != 0) {
    throw std::runtime_error("tun interface " + name + ": " + std::strerror(errno));
  }
  Shell("ip link set " + name + " up");
}

Tun::~Tun() {
  if (fd_ >= 0) ::close(fd_);
}

void Tun::Send(const Bytes& packet) const {
  if (::write(fd_, packet.data(), packet.size()) != static_cast<ssize_t>(packet.size())) {
    throw std::runtime_error(std::string("write to a tun interface: ") + std::strerror(errno));
  }
}

std::optional<Bytes> Tun::Receive(int timeout_ms) const {
  for (;;) {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, timeout_ms) != 1) return std::nullopt;
    Bytes packet(70000);
    const ssize_t got = ::read(fd_, packet.data(), packet.size());
    if (got <= 0) continue;
    packet.resize(static_cast<std::size_t>(got));
    const bool v6 = packet[0] >> 4 == 6;
    if (v6 ? packet[packet[6] == IPPROTO_HOPOPTS ? 40 : 6] != IPPROTO_ICMPV6 : packet[9] != IPPROTO_IGMP) {
      return packet;
    }
  }
}

std::vector<Bytes> Tun::Drain(int timeout_ms) const {
  std::vector<Bytes> packets;
  while (auto packet = Receive(timeout_ms)) packets.push_back(std::move(*packet));
  return packets;
}

DatapathPort TunPort(PortId id, const std::string& name, PortRole role, const Prefix<Ipv4Address>& subnet,
                     const Ipv6Address& ipv6) {
  Shell("ip addr add " + subnet.ToString() + " dev " + name);
  DatapathPort port;
  port.id = id;
  port.name = name;
  port.ifindex = ::if_nametoindex(name.c_str());
  port.role = role;
  port.hook = Hook::kTc;
  port.ethernet = false;
  port.ipv4.own_addresses = {subnet.address};
  port.ipv4.subnets = {subnet};
  port.ipv6.own_addresses = {ipv6};
  port.ipv6.subnets = {{ipv6, 64}};
  return port;
}

Bytes PacketOf(const Bytes& frame) {
  const bool v6 = frame[12] == 0x86;
  const std::size_t field = kEth + (v6 ? 4 : 2);
  const std::size_t length = static_cast<std::size_t>(frame[field] << 8 | frame[field + 1]) + (v6 ? 40 : 0);
  return {frame.begin() + kEth, frame.begin() + static_cast<std::ptrdiff_t>(kEth + length)};
}

}  // namespace bpfcast::bpftest
