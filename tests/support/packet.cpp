#include "support/packet.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bpfcast::test {
namespace {

constexpr std::size_t kEthernet = 14;

std::uint16_t U16(std::span<const std::uint8_t> data, std::size_t at) {
  return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]);
}

Ipv4Address AddressAt(std::span<const std::uint8_t> data, std::size_t at) {
  return MakeIpv4(data[at], data[at + 1], data[at + 2], data[at + 3]);
}

void Put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void Append(Bytes& out, std::span<const std::uint8_t> more) {
  for (const std::uint8_t octet : more) out.push_back(octet);
}

void Store16(Bytes& out, std::size_t at, unsigned value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

std::vector<Ipv4Address> Sources(std::span<const std::uint8_t> data, std::size_t at, std::size_t count) {
  std::vector<Ipv4Address> sources;
  for (std::size_t i = 0; i < count && at + 4 * i + 4 <= data.size(); ++i)
    sources.push_back(AddressAt(data, at + 4 * i));
  std::sort(sources.begin(), sources.end());
  return sources;
}

IgmpKind KindOf(std::span<const std::uint8_t> data) {
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

std::optional<IgmpMessage> DecodeIgmp(std::span<const std::uint8_t> data) {
  if (data.size() < 8) return std::nullopt;
  IgmpMessage message;
  message.kind = KindOf(data);
  message.checksum_good = InternetChecksum(data) == 0;
  message.max_resp = data[1];
  if (message.kind == IgmpKind::kReportV3) {
    std::size_t at = 8;
    for (unsigned left = U16(data, 6); left > 0 && at + 8 <= data.size(); --left) {
      const std::size_t count = U16(data, at + 2);
      message.records.push_back({data[at], AddressAt(data, at + 4), Sources(data, at + 8, count)});
      at += 8 + 4 * count + 4 * std::size_t{data[at + 1]};
    }
    return message;
  }
  message.group = AddressAt(data, 4);
  if (message.kind == IgmpKind::kQueryV3) {
    message.suppress = (data[8] & 0x08) != 0;
    message.qrv = data[8] & 0x07;
    message.qqic = data[9];
    message.sources = Sources(data, 12, U16(data, 10));
  }
  return message;
}

bool HasRouterAlert(std::span<const std::uint8_t> options) {
  for (std::size_t at = 0; at + 1 < options.size() && options[at] != 0;) {
    if (options[at] == 1) {
      ++at;
      continue;
    }
    if (options[at] == 0x94) return options[at + 1] == 4;
    if (options[at + 1] < 2) return false;
    at += options[at + 1];
  }
  return false;
}

std::optional<UdpView> DecodeUdp(const Packet& packet, std::span<const std::uint8_t> data) {
  if (data.size() < 8) return std::nullopt;
  UdpView udp{U16(data, 0), U16(data, 2), true, Bytes(data.begin() + 8, data.end())};
  if (U16(data, 6) != 0) {
    std::uint32_t pseudo = 17 + static_cast<std::uint32_t>(data.size());
    for (const Ipv4Address& address : {packet.from, packet.to}) {
      pseudo += U16(address.bytes(), 0) + std::uint32_t{U16(address.bytes(), 2)};
    }
    udp.checksum_good = InternetChecksum(data, pseudo) == 0;
  }
  return udp;
}

}  // namespace

std::uint16_t InternetChecksum(std::span<const std::uint8_t> data, std::uint32_t sum) {
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) sum += U16(data, i);
  if (data.size() % 2 != 0) sum += static_cast<std::uint32_t>(data.back()) << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Packet Decode(Bytes frame) {
  Packet packet;
  packet.frame = std::move(frame);
  const std::span<const std::uint8_t> all(packet.frame);
  if (all.size() < kEthernet) return packet;
  std::copy_n(all.begin(), 6, packet.mac_to.begin());
  std::copy_n(all.begin() + 6, 6, packet.mac_from.begin());
  packet.ether_type = U16(all, 12);
  if (packet.ether_type != 0x0800 || all.size() < kEthernet + 20) return packet;

  const auto ip = all.subspan(kEthernet);
  const std::size_t header = (ip[0] & 0x0f) * std::size_t{4};
  const std::size_t total = U16(ip, 2);
  if (ip[0] >> 4 != 4 || header < 20 || total < header || total > ip.size()) return packet;
  packet.is_ipv4 = true;
  packet.ip.assign(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(total));
  packet.tos = ip[1];
  packet.ttl = ip[8];
  packet.protocol = ip[9];
  packet.from = AddressAt(ip, 12);
  packet.to = AddressAt(ip, 16);
  packet.header_sum_good = InternetChecksum(ip.first(header)) == 0;
  packet.router_alert = HasRouterAlert(ip.subspan(20, header - 20));
  const auto payload = ip.subspan(header, total - header);
  if (packet.protocol == 17) packet.udp = DecodeUdp(packet, payload);
  if (packet.protocol == 2) packet.igmp = DecodeIgmp(payload);
  return packet;
}

MacAddress GroupMac(const Ipv4Address& group) {
  const auto& b = group.bytes();
  return {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7f), b[2], b[3]};
}

Bytes FromHex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Bytes IgmpFrame(const MacAddress& mac_from, const Ipv4Address& from, const Ipv4Address& to,
                const Bytes& message) {
  Bytes ip{0x46, 0xc0};
  Put16(ip, static_cast<unsigned>(24 + message.size()));
  for (std::uint8_t octet : {0, 0, 0x40, 0, 1, 2, 0, 0}) ip.push_back(octet);  // id 0, DF, TTL 1, IGMP
  Append(ip, from.bytes());
  Append(ip, to.bytes());
  for (std::uint8_t octet : {0x94, 4, 0, 0}) ip.push_back(octet);
  Store16(ip, 10, InternetChecksum(ip));

  Bytes frame;
  Append(frame, GroupMac(to));
  Append(frame, mac_from);
  Put16(frame, 0x0800);
  Append(frame, ip);
  Append(frame, message);
  return frame;
}

Bytes UdpFrame(const MacAddress& mac_from, const MacAddress& mac_to, const ForgedUdp& udp) {
  constexpr unsigned kPayload = 64;
  const unsigned words = udp.options == 0 ? 5 : 6;
  Bytes ip{static_cast<std::uint8_t>(udp.version << 4 | words), 0};
  Put16(ip, words * 4 + 8 + kPayload);
  for (const std::uint8_t octet : {std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0x40}, std::uint8_t{0},
                                   udp.ttl, std::uint8_t{17}, std::uint8_t{0}, std::uint8_t{0}}) {
    ip.push_back(octet);
  }
  Append(ip, udp.from.bytes());
  Append(ip, udp.to.bytes());
  if (udp.options != 0) {
    Put16(ip, udp.options >> 16);
    Put16(ip, udp.options & 0xffff);
  }
  Store16(ip, 10, InternetChecksum(ip));
  for (const unsigned field : {5000U, 5000U, 8 + kPayload, 0U})
    Put16(ip, field);  // ports, length, no checksum
  ip.resize(ip.size() + kPayload);

  Bytes frame;
  Append(frame, mac_to);
  Append(frame, mac_from);
  Put16(frame, 0x0800);
  Append(frame, ip);
  return frame;
}

Bytes QueryV3(std::uint8_t max_resp_code, const Ipv4Address& group, const std::vector<Ipv4Address>& sources,
              std::uint8_t qqic) {
  Bytes query{0x11, max_resp_code, 0, 0};
  Append(query, group.bytes());
  query.push_back(2);  // QRV
  query.push_back(qqic);
  Put16(query, static_cast<unsigned>(sources.size()));
  for (const Ipv4Address& source : sources) Append(query, source.bytes());
  Store16(query, 2, InternetChecksum(query));
  return query;
}

Bytes IgmpV2(std::uint8_t type, std::uint8_t code, const Ipv4Address& group) {
  Bytes message{type, code, 0, 0};
  Append(message, group.bytes());
  Store16(message, 2, InternetChecksum(message));
  return message;
}

Bytes ReportV3(const std::vector<IgmpRecord>& records) {
  Bytes report{0x22, 0, 0, 0, 0, 0};
  Put16(report, static_cast<unsigned>(records.size()));
  for (const IgmpRecord& record : records) {
    report.push_back(record.type);
    report.push_back(0);  // no auxiliary data
    Put16(report, static_cast<unsigned>(record.sources.size()));
    Append(report, record.group.bytes());
    for (const Ipv4Address& source : record.sources) Append(report, source.bytes());
  }
  Store16(report, 2, InternetChecksum(report));
  return report;
}

std::string ToText(const IgmpRecord& record) {
  constexpr std::array<const char*, 7> kNames{"?", "IS_IN", "IS_EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"};
  std::string text = kNames[record.type < kNames.size() ? record.type : 0];
  text += " ";
  text += record.group.ToString();
  text += " {";
  for (const Ipv4Address& source : record.sources) {
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
