// The IPv4 envelope of IGMP.
#pragma once

#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "base/address.h"
#include "wire/drop_reason.h"
#include "wire/ip_packet.h"

namespace bpfcast {

inline constexpr std::uint8_t kProtocolIgmp = 2;

using Ipv4Packet = IpPacket<Ipv4Address>;

/// `packet` begins with the IP header; the result points into it. Fails with kIpHeader or kFragment.
tl::expected<Ipv4Packet, DropReason> ParseIpv4(std::span<const std::uint8_t> packet);

/// `message` in the envelope of A-01: TTL 1, TOS 0xc0, identification 0, DF, Router Alert.
std::vector<std::uint8_t> WrapIgmp(const Ipv4Address& source, const Ipv4Address& destination,
                                   std::span<const std::uint8_t> message);

}  // namespace bpfcast
