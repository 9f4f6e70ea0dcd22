// The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words.
#pragma once

#include <cstdint>
#include <span>

#include "base/address.h"

namespace bpfcast {

/// What belongs in the checksum field, which is zero in `bytes`. An odd length counts as padded with a zero
///
std::uint16_t InternetChecksum(std::span<const std::uint8_t> bytes);

/// Is the checksum inside `bytes` right?
bool ChecksumIsGood(std::span<const std::uint8_t> bytes);

/// The two addresses that ICMPv6 counts in beside its own octets.
struct Ipv6Path {
  Ipv6Address source;
  Ipv6Address destination;
};

/// The same for an ICMPv6 message, over the pseudo-header of RFC 8200 8.1 too.
std::uint16_t Icmpv6Checksum(const Ipv6Path& path, std::span<const std::uint8_t> message);
bool Icmpv6ChecksumIsGood(const Ipv6Path& path, std::span<const std::uint8_t> message);

}  // namespace bpfcast
