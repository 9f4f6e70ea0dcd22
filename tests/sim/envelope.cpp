#include "envelope.h"

#include <algorithm>
#include <array>

namespace bpfcast::sim {
namespace {

using Octets = std::span<const std::uint8_t>;

/// RFC 1071: a sum over data that holds its own checksum is all ones.
std::uint32_t Sum(Octets octets, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < octets.size(); ++i)
    sum += static_cast<std::uint32_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

bool Equals(Octets octets, std::initializer_list<std::uint8_t> expected) {
  return std::equal(octets.begin(), octets.end(), expected.begin(), expected.end());
}

constexpr std::uint32_t kGood = 0xffff;

}  // namespace

template <>
std::string EnvelopeFault<Igmp>(Octets packet, std::size_t mtu) {
  constexpr std::size_t kHeader = 24;
  if (packet.size() < kHeader + 8) return "too short";
  if (packet.size() > mtu) return "larger than the MTU";
  if (packet[0] != 0x46) return "not IPv4 with one option";
  if (packet[1] != 0xc0) return "TOS is not 0xc0";
  if (static_cast<std::size_t>(packet[2] << 8 | packet[3]) != packet.size()) return "total length";
  if (packet[8] != 1) return "TTL is not 1";
  if (packet[9] != 2) return "protocol is not IGMP";
  if (!Equals(packet.subspan(20, 4), {0x94, 4, 0, 0})) return "no Router Alert";
  if (Sum(packet.first(kHeader)) != kGood) return "header checksum";
  if (Sum(packet.subspan(kHeader)) != kGood) return "IGMP checksum";
  const Octets to = packet.subspan(16, 4);
  const Octets message = packet.subspan(kHeader);
  const Octets group = message.subspan(4, 4);
  const auto to_group = std::equal(to.begin(), to.end(), group.begin());
  bool right = false;
  switch (message[0]) {
    case 0x11:
      right = Equals(group, {0, 0, 0, 0}) ? Equals(to, {224, 0, 0, 1}) : to_group;
      break;
    case 0x12:
    case 0x16:
      right = to_group;
      break;
    case 0x17:
      right = Equals(to, {224, 0, 0, 2});
      break;
    case 0x22:
      right = Equals(to, {224, 0, 0, 22});
      break;
    default:
      return "type";
  }
  return right ? "" : "destination";
}

template <>
std::string EnvelopeFault<Mld>(Octets packet, std::size_t mtu) {
  constexpr std::size_t kHeader = 48;
  if (packet.size() < kHeader + 8) return "too short";
  if (packet.size() > mtu) return "larger than the MTU";
  if (packet[0] >> 4 != 6) return "not IPv6";
  if (static_cast<std::size_t>(packet[4] << 8 | packet[5]) != packet.size() - 40) return "payload length";
  if (packet[6] != 0) return "no Hop-by-Hop header";
  if (packet[7] != 1) return "hop limit is not 1";
  if (packet[8] != 0xfe || (packet[9] & 0xc0) != 0x80) return "source is not link-local";
  if (!Equals(packet.subspan(40, 8), {58, 0, 5, 2, 0, 0, 1, 0})) return "no Router Alert";
  const Octets message = packet.subspan(kHeader);
  const auto length = static_cast<std::uint32_t>(message.size());
  if (Sum(message, Sum(packet.subspan(8, 32)) + length + 58) != kGood) return "checksum";
  const Octets to = packet.subspan(24, 16);
  const auto is_link_local = [&](std::uint8_t last) {
    std::array<std::uint8_t, 16> address{0xff, 2};
    address[15] = last;
    return std::equal(to.begin(), to.end(), address.begin());
  };
  const auto is_group = [&] {
    return message.size() >= 24 && std::equal(to.begin(), to.end(), message.begin() + 8);
  };
  const auto is_general = [&] {
    return message.size() >= 24 &&
           std::all_of(message.begin() + 8, message.begin() + 24, [](auto octet) { return octet == 0; });
  };
  bool right = false;
  switch (message[0]) {
    case 130:
      right = is_general() ? is_link_local(1) : is_group();
      break;
    case 131:
      right = is_group();
      break;
    case 132:
      right = is_link_local(2);
      break;
    case 143:
      right = is_link_local(0x16);
      break;
    default:
      return "type";
  }
  return right ? "" : "destination";
}

}  // namespace bpfcast::sim
