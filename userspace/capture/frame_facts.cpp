#include "capture/frame_facts.h"

#include <algorithm>
#include <array>

namespace bpfcast {
namespace {

using Octets = std::span<const std::uint8_t>;

constexpr std::size_t kMacHeader = 14;
constexpr std::size_t kTag = 4;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kUdpPorts = 4;
constexpr std::uint8_t kUdp = 17;
constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::uint16_t Half(Octets octets, std::size_t at) {
  return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
}

/// The IP packet in a frame; empty when there is none.
Octets PacketOf(Octets frame) {
  if (frame.size() < kMacHeader) return {};
  std::size_t at = kMacHeader - 2;
  std::uint16_t protocol = Half(frame, at);
  if (protocol == 0x8100 || protocol == 0x88a8) {
    if (frame.size() < kMacHeader + kTag) return {};
    at += kTag;
    protocol = Half(frame, at);
  }
  return protocol == 0x0800 || protocol == 0x86dd ? frame.subspan(at + 2) : Octets();
}

std::optional<FrameFacts::Ports> UdpPorts(std::uint8_t protocol, Octets payload) {
  if (protocol != kUdp || payload.size() < kUdpPorts) return std::nullopt;
  return FrameFacts::Ports{Half(payload, 0), Half(payload, 2)};
}

std::optional<FrameFacts> ReadIpv4(Octets packet) {
  if (packet.size() < kIpv4Header) return std::nullopt;
  const auto group = Ipv4Address::FromBytes(packet.subspan<16, 4>());
  if (!group.IsMulticast()) return std::nullopt;
  FrameFacts facts;
  facts.source = Mapped(Ipv4Address::FromBytes(packet.subspan<12, 4>()));
  facts.group = Mapped(group);
  facts.ttl = packet[8];
  facts.protocol = packet[9];
  const std::size_t header = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
  const bool first_fragment = (Half(packet, 6) & 0x1fff) == 0;
  if (first_fragment && header >= kIpv4Header && packet.size() >= header) {
    facts.udp = UdpPorts(facts.protocol, packet.subspan(header));
  }
  return facts;
}

std::optional<FrameFacts> ReadIpv6(Octets packet) {
  if (packet.size() < kIpv6Header) return std::nullopt;
  FrameFacts facts;
  facts.source = Ipv6Address::FromBytes(packet.subspan<8, 16>());
  facts.group = Ipv6Address::FromBytes(packet.subspan<24, 16>());
  if (!facts.group.IsMulticast()) return std::nullopt;
  facts.ttl = packet[7];
  facts.protocol = packet[6];
  facts.udp = UdpPorts(facts.protocol, packet.subspan(kIpv6Header));
  return facts;
}

}  // namespace

std::optional<FrameFacts> ReadFrame(std::span<const std::uint8_t> frame, LinkKind link) {
  const Octets packet = link == LinkKind::kEthernet ? PacketOf(frame) : frame;
  if (packet.empty()) return std::nullopt;
  switch (packet[0] >> 4) {
    case 4:
      return ReadIpv4(packet);
    case 6:
      return ReadIpv6(packet);
    default:
      return std::nullopt;
  }
}

Ipv6Address Mapped(const Ipv4Address& address) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  std::copy(address.bytes().begin(), address.bytes().end(), bytes.begin() + kMappedPrefix.size());
  return Ipv6Address(bytes);
}

std::string MappedText(const Ipv6Address& address) {
  const auto& bytes = address.bytes();
  if (!std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) return address.ToString();
  return Ipv4Address::FromBytes(std::span(bytes).subspan<12, 4>()).ToString();
}

}  // namespace bpfcast
