// The IPv6 envelope of MLD.
#pragma once

#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "base/address.h"
#include "wire/drop_reason.h"
#include "wire/ip_packet.h"

namespace bpfcast {

inline constexpr std::uint8_t kProtocolIcmpv6 = 58;

using Ipv6Packet = IpPacket<Ipv6Address>;

/// `packet` begins with the IPv6 header; the result points into it. Between that header and the payload only
/// Hop-by-Hop Options are legal for MLD. Fails with kIpHeader or kFragment.
tl::expected<Ipv6Packet, DropReason> ParseIpv6(std::span<const std::uint8_t> packet);

/// `message`, an ICMPv6 message with its checksum, in the envelope of A-02: Hop Limit 1, Router Alert.
std::vector<std::uint8_t> WrapMld(const Ipv6Address& source, const Ipv6Address& destination,
                                  std::span<const std::uint8_t> message);

}  // namespace bpfcast
