#include "wire/checksum.h"

#include <cstddef>

namespace bpfcast {

std::uint16_t InternetChecksum(std::span<const std::uint8_t> bytes) {
  // 64 bits hold the carries of any packet, so they are folded once at the end.
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

bool ChecksumIsGood(std::span<const std::uint8_t> bytes) {
  return InternetChecksum(bytes) == 0;
}

}  // namespace bpfcast
