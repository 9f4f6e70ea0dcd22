// Addresses <-> sockaddr.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "support/any_address.h"

namespace bpfcast::test {

inline in_addr ToInAddr(const Ipv4Address& address) {
  in_addr in;
  std::memcpy(&in, address.bytes().data(), sizeof in);
  return in;
}

inline sockaddr_in ToSockaddr(const Ipv4Address& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr = ToInAddr(address);
  return out;
}

inline int ToDomain(IpVersion version) {
  return version == IpVersion::k4 ? AF_INET : AF_INET6;
}
inline int ToLevel(IpVersion version) {
  return version == IpVersion::k4 ? IPPROTO_IP : IPPROTO_IPV6;
}

/// Room for either family, with the length that the family has.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// `ifindex` is the scope of IPv6 addresses that need one.
inline SocketAddress ToSocketAddress(const AnyAddress& address, std::uint16_t port, int ifindex) {
  SocketAddress out;
  if (address.version() == IpVersion::k4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes().data(), sizeof in.sin_addr);
    std::memcpy(&out.storage, &in, out.length = sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_scope_id = static_cast<std::uint32_t>(ifindex);
    std::memcpy(&in.sin6_addr, address.bytes().data(), sizeof in.sin6_addr);
    std::memcpy(&out.storage, &in, out.length = sizeof in);
  }
  return out;
}

inline AnyAddress FromSocketAddress(const sockaddr_storage& storage) {
  const auto* const in = reinterpret_cast<const sockaddr_in*>(&storage);
  const auto* const in6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  const bool is_ipv4 = storage.ss_family == AF_INET;
  const auto* const bytes = is_ipv4 ? reinterpret_cast<const std::uint8_t*>(&in->sin_addr)
                                    : reinterpret_cast<const std::uint8_t*>(&in6->sin6_addr);
  const IpVersion version = is_ipv4 ? IpVersion::k4 : IpVersion::k6;
  return AnyAddress::FromBytes(version, {bytes, Width(version)});
}

}  // namespace bpfcast::test
