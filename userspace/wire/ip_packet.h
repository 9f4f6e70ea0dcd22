// What an IP envelope says of the control message inside, the same for both families.
#pragma once

#include <cstdint>
#include <span>

namespace bpfcast {

template <class Address>
struct IpPacket {
  Address source;
  Address destination;
  std::uint8_t ttl = 0;       // Hop Limit
  std::uint8_t protocol = 0;  // of `payload`
  bool router_alert = false;  // anywhere among the options
  /// By the length that the IP header tells, so without link-layer padding.
  std::span<const std::uint8_t> payload;
};

}  // namespace bpfcast
