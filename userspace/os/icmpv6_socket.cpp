#include "os/icmpv6_socket.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/os_error.h"
#include "wire/byte_writer.h"

namespace bpfcast {

Result<Icmpv6Socket> Icmpv6Socket::Open() {
  const char* const what = "open an ICMPv6 socket";
  UniqueFd fd(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6));
  if (!fd) return FailWithErrno(what, errno);
  icmp6_filter nothing;  // it only sends
  ICMP6_FILTER_SETBLOCKALL(&nothing);
  if (setsockopt(fd.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &nothing, sizeof(nothing)) < 0) {
    return FailWithErrno(what, errno);
  }
  return Icmpv6Socket(std::move(fd));
}

// RFC 4443 3.2
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |   Type = 2    |   Code = 0    |  Checksum, by the kernel      |
//   +---------------+---------------+-------------------------------+
//   |                              MTU                              |
//   +---------------------------------------------------------------+
//   |  as much of the packet as fits into 1280 octets with headers  |
//   +---------------------------------------------------------------+
Result<void> Icmpv6Socket::SendPacketTooBig(const Ipv6Address& source, std::uint32_t mtu,
                                            std::span<const std::uint8_t> packet) const {
  ByteWriter out;
  out.U8(ICMP6_PACKET_TOO_BIG);
  out.U8(0);
  out.U16(0);
  out.U16(static_cast<std::uint16_t>(mtu >> 16));
  out.U16(static_cast<std::uint16_t>(mtu));
  out.Bytes(packet.first(std::min(packet.size(), kMaxQuoted)));
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  std::memcpy(&to.sin6_addr, source.bytes().data(), sizeof(to.sin6_addr));
  if (sendto(fd_.get(), out.bytes().data(), out.bytes().size(), 0, reinterpret_cast<const sockaddr*>(&to),
             sizeof(to)) < 0) {
    return FailWithErrno("send ICMPv6 Packet Too Big to " + source.ToString(), errno);
  }
  return {};
}

}  // namespace bpfcast
