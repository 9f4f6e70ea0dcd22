#include "wire/float_code.h"

#include <bit>

namespace bpfcast {
namespace {

//    0 1 2 3 4 5 6 7         Below 128 (one bit and kMantissaBits + 3 zeros) the code is the value itself.
//    Else it is
//   +-+-+-+-+-+-+-+-+            (mant | 0x10) << (exp + 3)
//   |1| exp | mant  |        The 16-bit code is the same with 12 bits of mantissa.
//   +-+-+-+-+-+-+-+-+
template <unsigned kMantissaBits>
std::uint32_t Decode(std::uint32_t code) {
  constexpr std::uint32_t kOne = 1u << kMantissaBits;
  if (code < kOne << 3) return code;
  const std::uint32_t exponent = code >> kMantissaBits & 7;
  return (kOne | (code & (kOne - 1))) << (exponent + 3);
}

template <unsigned kMantissaBits>
std::uint32_t Encode(std::uint64_t value) {
  constexpr std::uint32_t kOne = 1u << kMantissaBits;
  constexpr std::uint32_t kFlag = kOne << 3;
  constexpr std::uint64_t kLargest = std::uint64_t{2 * kOne - 1} << 10;
  if (value < kFlag) return static_cast<std::uint32_t>(value);
  if (value >= kLargest) return 2 * kFlag - 1;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - (kMantissaBits + 1);
  const auto mantissa = static_cast<std::uint32_t>(value >> shift) & (kOne - 1);
  return kFlag | (shift - 3) << kMantissaBits | mantissa;
}

}  // namespace

std::uint32_t DecodeFloat8(std::uint8_t code) {
  return Decode<4>(code);
}
std::uint32_t DecodeFloat16(std::uint16_t code) {
  return Decode<12>(code);
}
std::uint8_t EncodeFloat8(std::uint64_t value) {
  return static_cast<std::uint8_t>(Encode<4>(value));
}
std::uint16_t EncodeFloat16(std::uint64_t value) {
  return static_cast<std::uint16_t>(Encode<12>(value));
}

}  // namespace bpfcast
