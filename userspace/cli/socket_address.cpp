#include "cli/socket_address.h"

#include <cstring>

namespace bpfcast {

SocketAddress MakeSocketAddress(const AnyIp& address, std::uint16_t port, unsigned interface) {
  SocketAddress made;
  if (const auto* ipv4 = std::get_if<Ipv4Address>(&address)) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, ipv4->bytes().data(), Ipv4Address::kBytes);
    std::memcpy(&made.storage, &in, sizeof(in));
    made.length = sizeof(in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_scope_id = interface;
    std::memcpy(&in.sin6_addr, std::get<Ipv6Address>(address).bytes().data(), Ipv6Address::kBytes);
    std::memcpy(&made.storage, &in, sizeof(in));
    made.length = sizeof(in);
  }
  return made;
}

AnyIp AddressOf(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof(in));
    return Ipv6Address::FromBytes(std::span<const std::uint8_t, Ipv6Address::kBytes>(in.sin6_addr.s6_addr));
  }
  std::array<std::uint8_t, Ipv4Address::kBytes> bytes{};
  sockaddr_in in{};
  std::memcpy(&in, &storage, sizeof(in));
  std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
  return Ipv4Address(bytes);
}

}  // namespace bpfcast
