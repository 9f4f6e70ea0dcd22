// The IPv4 envelope of IGMP.
#pragma once

#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "base/address.h"
#include "wire/drop_reason.h"

namespace bpfcast {

struct Ipv4Packet {
  Ipv4Address source;
  Ipv4Address destination;
  std::uint8_t ttl = 0;
  std::uint8_t protocol = 0;
  bool router_alert = false;              // RFC 2113, anywhere among the options
  std::span<const std::uint8_t> payload;  // by Total Length, so without link-layer padding
};

/// `packet` begins with the IP header; the result points into it. Fails with kIpHeader or kFragment.
tl::expected<Ipv4Packet, DropReason> ParseIpv4(std::span<const std::uint8_t> packet);

/// `message` in the envelope of A-01: TTL 1, TOS 0xc0, identification 0, DF, Router Alert.
std::vector<std::uint8_t> WrapIgmp(const Ipv4Address& source, const Ipv4Address& destination,
                                   std::span<const std::uint8_t> message);

}  // namespace bpfcast
