#include "wire/checksum.h"

#include <cstddef>

namespace bpfcast {
namespace {

constexpr std::uint64_t kNextHeaderIcmpv6 = 58;

// 64 bits hold the carries of any packet, so they are folded once at the end.
std::uint64_t Sum(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  return sum;
}

std::uint16_t Complement(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::uint16_t InternetChecksum(std::span<const std::uint8_t> bytes) {
  return Complement(Sum(bytes));
}

bool ChecksumIsGood(std::span<const std::uint8_t> bytes) {
  return InternetChecksum(bytes) == 0;
}

// RFC 8200 8.1: source, destination, upper-layer length (32 bits), zeros, next header.
std::uint16_t Icmpv6Checksum(const Ipv6Path& path, std::span<const std::uint8_t> message) {
  return Complement(Sum(path.source.bytes()) + Sum(path.destination.bytes()) + message.size() +
                    kNextHeaderIcmpv6 + Sum(message));
}

bool Icmpv6ChecksumIsGood(const Ipv6Path& path, std::span<const std::uint8_t> message) {
  return Icmpv6Checksum(path, message) == 0;
}

}  // namespace bpfcast
