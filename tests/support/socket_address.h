// Ipv4Address <-> sockaddr_in.
#pragma once

#include <netinet/in.h>

#include <cstring>

#include "base/address.h"

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

inline Ipv4Address FromInAddr(const in_addr& in) {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &in, sizeof in);
  return Ipv4Address(bytes);
}

}  // namespace bpfcast::test
