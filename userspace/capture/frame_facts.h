// FrameFacts: what a frame with a multicast packet says in its headers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.h"
#include "capture/frame.h"

namespace bpfcast {

struct FrameFacts {
  Ipv6Address source;  // IPv4 ones as ::ffff:a.b.c.d
  Ipv6Address group;
  std::uint8_t ttl = 0;       // or hop limit
  std::uint8_t protocol = 0;  // of IPv6 the first next header
  struct Ports {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
  };
  std::optional<Ports> udp;  // of packets that begin with the UDP header
};

/// Nothing for what is no multicast packet of IPv4 or IPv6, or too short to tell. One VLAN tag is looked
/// behind.
std::optional<FrameFacts> ReadFrame(std::span<const std::uint8_t> frame, LinkKind link);

Ipv6Address Mapped(const Ipv4Address& address);
inline const Ipv6Address& Mapped(const Ipv6Address& address) {
  return address;
}
/// As it is written in its own family.
std::string MappedText(const Ipv6Address& address);

}  // namespace bpfcast
