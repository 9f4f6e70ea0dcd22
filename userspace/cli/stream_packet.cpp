#include "cli/stream_packet.h"

#include <algorithm>

namespace bpfcast {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'b', 'p', 'f', 'c', 'a', 's', 't', 1};

void Put(std::uint64_t value, std::span<std::uint8_t, 8> out) {
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

std::uint64_t Get(std::span<const std::uint8_t, 8> in) {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : in) value = value << 8 | octet;
  return value;
}

}  // namespace

std::array<std::uint8_t, kStreamPacketSize> WriteStreamPacket(const StreamPacket& packet) {
  std::array<std::uint8_t, kStreamPacketSize> octets{};
  const std::span<std::uint8_t, kStreamPacketSize> out(octets);
  std::copy(kMagic.begin(), kMagic.end(), octets.begin());
  Put(packet.stream, out.subspan<8, 8>());
  Put(packet.number, out.subspan<16, 8>());
  Put(static_cast<std::uint64_t>(packet.sent_ns), out.subspan<24, 8>());
  return octets;
}

std::optional<StreamPacket> ReadStreamPacket(std::span<const std::uint8_t> payload) {
  if (payload.size() < kStreamPacketSize || !std::equal(kMagic.begin(), kMagic.end(), payload.begin())) {
    return std::nullopt;
  }
  const auto header = payload.first<kStreamPacketSize>();
  return StreamPacket{Get(header.subspan<8, 8>()), Get(header.subspan<16, 8>()),
                      static_cast<std::int64_t>(Get(header.subspan<24, 8>()))};
}

}  // namespace bpfcast
