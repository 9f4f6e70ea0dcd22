// The numbered packets of `bpfcast send`: what their UDP payload begins with, in network order.
//
//    0                   8                   16                  24                  32
//   +---------+---------+---------+---------+---------+---------+---------+---------+
//   | magic "bpfcast" 1 | stream id         | number, from 0    | sent, ns since    |
//   |                   |                   |                   | 1970 (UTC)        |
//   +---------+---------+---------+---------+---------+---------+---------+---------+
//
// Octets behind it are 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bpfcast {

struct StreamPacket {
  std::uint64_t stream = 0;  // chosen at random by each sender when it starts
  std::uint64_t number = 0;
  std::int64_t sent_ns = 0;

  bool operator==(const StreamPacket&) const = default;
};

inline constexpr std::size_t kStreamPacketSize = 32;
/// The UDP port of streams that name none.
inline constexpr std::uint16_t kStreamPort = 5000;

std::array<std::uint8_t, kStreamPacketSize> WriteStreamPacket(const StreamPacket& packet);
/// Nothing when the payload is of somebody else.
std::optional<StreamPacket> ReadStreamPacket(std::span<const std::uint8_t> payload);

}  // namespace bpfcast
