// The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words.
#pragma once

#include <cstdint>
#include <span>

namespace bpfcast {

/// What belongs in the checksum field, which is zero in `bytes`. An odd length counts as padded with a zero
///
std::uint16_t InternetChecksum(std::span<const std::uint8_t> bytes);

/// Is the checksum inside `bytes` right?
bool ChecksumIsGood(std::span<const std::uint8_t> bytes);

}  // namespace bpfcast
