// The floating-point codes of RFC 9776 4.1.1 and 4.1.7 (8 bits) and RFC 9777 5.1.3 (16 bits).
#pragma once

#include <cstdint>

namespace bpfcast {

inline constexpr std::uint32_t kLargestFloatCode8 = 31744;
inline constexpr std::uint32_t kLargestFloatCode16 = 8387584;

std::uint32_t DecodeFloat8(std::uint8_t code);
std::uint32_t DecodeFloat16(std::uint16_t code);

/// The code of `value` or of the next lower number that has one; the largest code above the maximum.
std::uint8_t EncodeFloat8(std::uint64_t value);
std::uint16_t EncodeFloat16(std::uint64_t value);

}  // namespace bpfcast
