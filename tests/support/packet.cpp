#include "support/packet.h"

#include <algorithm>
#include <array>

namespace bpfcast::test {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kIgmp = 2;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpv6 = 58;

using Octets = std::span<const std::uint8_t>;

std::uint16_t U16(Octets data, std::size_t at) {
  return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]);
}

AnyAddress AddressAt(IpVersion version, Octets data, std::size_t at) {
  return AnyAddress::FromBytes(version, data.subspan(at, Width(version)));
}

std::vector<AnyAddress> Sources(IpVersion version, Octets data, std::size_t at, std::size_t count) {
  const std::size_t width = Width(version);
  std::vector<AnyAddress> sources;
  for (std::size_t i = 0; i < count && at + width * (i + 1) <= data.size(); ++i)
    sources.push_back(AddressAt(version, data, at + width * i));
  std::sort(sources.begin(), sources.end());
  return sources;
}

/// RFC 9776 4, RFC 2236.
IgmpKind KindOfIgmp(Octets data) {
  switch (data[0]) {
    case 0x11:
      if (data.size() >= 12) return IgmpKind::kQueryV3;
      if (data.size() != 8) return IgmpKind::kOther;
      return data[1] == 0 ? IgmpKind::kQueryV1 : IgmpKind::kQueryV2;
    case 0x12:
      return IgmpKind::kReportV1;
    case 0x16:
      return IgmpKind::kReportV2;
    case 0x17:
      return IgmpKind::kLeave;
    case 0x22:
      return IgmpKind::kReportV3;
    default:
      return IgmpKind::kOther;
  }
}

/// RFC 9777 5, RFC 2710.
IgmpKind KindOfMld(Octets data) {
  switch (data[0]) {
    case 130:
      if (data.size() >= 28) return IgmpKind::kQueryV3;
      return data.size() == 24 ? IgmpKind::kQueryV2 : IgmpKind::kOther;
    case 131:
      return IgmpKind::kReportV2;
    case 132:
      return IgmpKind::kLeave;
    case 143:
      return IgmpKind::kReportV3;
    default:
      return IgmpKind::kOther;
  }
}

/// Where the two formats differ: MLD's code has 16 bits and two reserved octets behind it.
struct Layout {
  IgmpKind (*kind)(Octets);
  std::size_t shortest;  // of any message
  std::size_t group;     // of everything but v3 reports; the rest of a v3 query follows it
};
constexpr Layout kIgmpLayout{KindOfIgmp, 8, 4};
constexpr Layout kMldLayout{KindOfMld, 8, 8};

std::optional<IgmpMessage> DecodeMessage(IpVersion version, Octets data, std::uint32_t pseudo) {
  const Layout& layout = version == IpVersion::k4 ? kIgmpLayout : kMldLayout;
  const std::size_t width = Width(version);
  if (data.size() < layout.shortest) return std::nullopt;
  IgmpMessage message;
  message.kind = layout.kind(data);
  message.checksum_good = InternetChecksum(data, pseudo) == 0;
  message.max_resp = version == IpVersion::k4 ? data[1] : U16(data, 4);
  if (message.kind == IgmpKind::kReportV3) {
    std::size_t at = 8;
    for (unsigned left = U16(data, 6); left > 0 && at + 4 + width <= data.size(); --left) {
      const std::size_t count = U16(data, at + 2);
      message.records.push_back(
          {data[at], AddressAt(version, data, at + 4), Sources(version, data, at + 4 + width, count)});
      at += 4 + width * (1 + count) + 4 * std::size_t{data[at + 1]};
    }
    return message;
  }
  if (data.size() < layout.group + width) return message;
  message.group = AddressAt(version, data, layout.group);
  if (message.kind == IgmpKind::kQueryV3) {
    const std::size_t rest = layout.group + width;
    message.suppress = (data[rest] & 0x08) != 0;
    message.qrv = data[rest] & 0x07;
    message.qqic = data[rest + 1];
    message.sources = Sources(version, data, rest + 4, U16(data, rest + 2));
  }
  return message;
}

/// Type-length-value options with one octet of padding each: IPv4 (RFC 2113) and Hop-by-Hop (RFC 2711).
struct AlertOption {
  std::uint8_t pad;  // one octet without length
  std::uint8_t type;
  std::uint8_t length;
  std::size_t header;  // octets of an option that its length does not count
};
constexpr AlertOption kIpv4Alert{1, 0x94, 4, 0};
constexpr AlertOption kIpv6Alert{0, 5, 2, 2};

bool HasRouterAlert(Octets options, const AlertOption& alert) {
  for (std::size_t at = 0; at + 1 < options.size();) {
    if (options[at] == alert.pad) {
      ++at;
      continue;
    }
    if (options[at] == alert.type) return options[at + 1] == alert.length;
    const std::size_t length = options[at + 1] + alert.header;
    if (options[at] == 0 || length < 2) return false;
    at += length;
  }
  return false;
}

std::optional<UdpView> DecodeUdp(Octets data, std::uint32_t pseudo) {
  if (data.size() < 8) return std::nullopt;
  UdpView udp{U16(data, 0), U16(data, 2), true, Bytes(data.begin() + 8, data.end())};
  if (U16(data, 6) != 0) udp.checksum_good = InternetChecksum(data, pseudo) == 0;
  return udp;
}

/// The IP header's fields into `packet`; the payload, or nothing when it is not an IP packet.
std::optional<Octets> DecodeIpv4(Octets ip, Packet& packet) {
  if (ip.size() < 20) return std::nullopt;
  const std::size_t header = (ip[0] & 0x0f) * std::size_t{4};
  const std::size_t total = U16(ip, 2);
  if (ip[0] >> 4 != 4 || header < 20 || total < header || total > ip.size()) return std::nullopt;
  packet.ip_version = IpVersion::k4;
  packet.ip.assign(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(total));
  packet.tos = ip[1];
  packet.ttl = ip[8];
  packet.protocol = ip[9];
  packet.from = AddressAt(IpVersion::k4, ip, 12);
  packet.to = AddressAt(IpVersion::k4, ip, 16);
  packet.header_sum_good = InternetChecksum(ip.first(header)) == 0;
  packet.router_alert = HasRouterAlert(ip.subspan(20, header - 20), kIpv4Alert);
  return ip.subspan(header, total - header);
}

std::optional<Octets> DecodeIpv6(Octets ip, Packet& packet) {
  constexpr std::size_t kHeader = 40;
  if (ip.size() < kHeader) return std::nullopt;
  const std::size_t total = kHeader + U16(ip, 4);
  if (ip[0] >> 4 != 6 || total > ip.size()) return std::nullopt;
  packet.ip_version = IpVersion::k6;
  packet.ip.assign(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(total));
  packet.tos = static_cast<std::uint8_t>(U16(ip, 0) >> 4);
  packet.ttl = ip[7];
  packet.protocol = ip[6];
  packet.from = AddressAt(IpVersion::k6, ip, 8);
  packet.to = AddressAt(IpVersion::k6, ip, 24);
  packet.header_sum_good = true;
  Octets payload = ip.subspan(kHeader, total - kHeader);
  if (packet.protocol != kHopByHop || payload.size() < 8) return payload;
  const std::size_t options = 8 + 8 * std::size_t{payload[1]};
  if (payload.size() < options) return payload;
  packet.protocol = payload[0];
  packet.router_alert = HasRouterAlert(payload.subspan(2, options - 2), kIpv6Alert);
  return payload.subspan(options);
}

}  // namespace

std::uint16_t InternetChecksum(std::span<const std::uint8_t> data, std::uint32_t sum) {
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) sum += U16(data, i);
  if (data.size() % 2 != 0) sum += static_cast<std::uint32_t>(data.back()) << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::uint32_t PseudoHeaderSum(const AnyAddress& from, const AnyAddress& to, std::uint8_t protocol,
                              std::size_t length) {
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(length);
  for (const AnyAddress& address : {from, to}) {
    const Octets octets = address.bytes();
    for (std::size_t i = 0; i < octets.size(); i += 2) sum += U16(octets, i);
  }
  return sum;
}

Packet Decode(Bytes frame) {
  Packet packet;
  packet.frame = std::move(frame);
  const Octets all(packet.frame);
  if (all.size() < kEthernet) return packet;
  std::copy_n(all.begin(), 6, packet.mac_to.begin());
  std::copy_n(all.begin() + 6, 6, packet.mac_from.begin());
  packet.ether_type = U16(all, 12);
  std::optional<Octets> payload;
  if (packet.ether_type == 0x0800) payload = DecodeIpv4(all.subspan(kEthernet), packet);
  if (packet.ether_type == 0x86dd) payload = DecodeIpv6(all.subspan(kEthernet), packet);
  if (!payload) return packet;
  const std::uint32_t pseudo = PseudoHeaderSum(packet.from, packet.to, packet.protocol, payload->size());
  if (packet.protocol == kUdp) packet.udp = DecodeUdp(*payload, pseudo);
  if (packet.ip_version == IpVersion::k4 && packet.protocol == kIgmp)
    packet.igmp = DecodeMessage(IpVersion::k4, *payload, 0);
  if (packet.ip_version == IpVersion::k6 && packet.protocol == kIcmpv6)
    packet.igmp = DecodeMessage(IpVersion::k6, *payload, pseudo);
  return packet;
}

MacAddress GroupMac(const AnyAddress& group) {
  const Octets b = group.bytes();
  if (group.version() == IpVersion::k6) return {0x33, 0x33, b[12], b[13], b[14], b[15]};
  return {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7f), b[2], b[3]};
}

std::string ToText(const IgmpRecord& record) {
  constexpr std::array<const char*, 7> kNames{"?", "IS_IN", "IS_EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"};
  std::string text = kNames[record.type < kNames.size() ? record.type : 0];
  text += " ";
  text += record.group.ToString();
  text += " {";
  for (const AnyAddress& source : record.sources) {
    if (text.back() != '{') text += " ";
    text += source.ToString();
  }
  text += "}";
  return text;
}

std::string ToText(const Packet& packet) {
  std::string text = packet.from.ToString();
  text += " > ";
  text += packet.to.ToString();
  if (!packet.igmp) return text;
  text += packet.igmp->IsQuery() ? " query " : " report ";
  text += packet.igmp->group.ToString();
  for (const IgmpRecord& record : packet.igmp->records) {
    text += " ";
    text += ToText(record);
  }
  return text;
}

}  // namespace bpfcast::test
