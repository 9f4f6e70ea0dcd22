// An address as the kernel's socket calls take it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "cli/any_ip.h"

namespace bpfcast {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// `interface` matters to addresses that belong to a link (fe80::/10, ff02::/16).
SocketAddress MakeSocketAddress(const AnyIp& address, std::uint16_t port = 0, unsigned interface = 0);
AnyIp AddressOf(const sockaddr_storage& storage);

}  // namespace bpfcast
