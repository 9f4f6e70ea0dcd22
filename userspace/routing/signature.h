// Signature: how a message of ours is known when it comes around to another of our interfaces (E-41).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/family.h"

namespace bpfcast {

template <class F>
struct Signature;

/// The source address has to do. Another machine may have it on another link, behind a gateway that
/// translates addresses; LoopGuard takes that for one direction of a loop, and needs both.
template <>
struct Signature<Igmp> {
  static void Put(std::uint32_t, std::span<std::uint8_t>) {}
  static bool Matches(std::uint32_t, std::span<const std::uint8_t>) { return true; }
};

/// A link-local address is unique on its link only. Another router may have on this link the one that we have
/// on that, and several links of ours may share one, as VLANs of one card do. So each interface has a flow
/// label of its own, drawn by lot. Nobody else reads it, and no checksum covers it.
template <>
struct Signature<Mld> {
  static constexpr std::size_t kFirstOctet = 1;  // of 20 bits; its upper half is the traffic class

  static void Put(std::uint32_t label, std::span<std::uint8_t> packet) {
    std::uint8_t* octets = &packet[kFirstOctet];
    octets[0] = static_cast<std::uint8_t>((octets[0] & 0xf0) | (label >> 16 & 0x0f));
    octets[1] = static_cast<std::uint8_t>(label >> 8);
    octets[2] = static_cast<std::uint8_t>(label);
  }
  static bool Matches(std::uint32_t label, std::span<const std::uint8_t> packet) {
    const auto octets = packet.subspan(kFirstOctet, 3);
    return ((octets[0] & 0x0fu) << 16 | octets[1] << 8 | octets[2]) == (label & 0xfffff);
  }
};

}  // namespace bpfcast
