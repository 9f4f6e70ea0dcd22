#include "support/frames.h"

#include <stdexcept>

namespace bpfcast::test {
namespace {

using Octets = std::span<const std::uint8_t>;

void Put16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void Append(Bytes& out, Octets more) {
  for (const std::uint8_t octet : more) out.push_back(octet);
}

void Append(Bytes& out, std::initializer_list<std::uint8_t> more) {
  for (const std::uint8_t octet : more) out.push_back(octet);
}

void Store16(Bytes& out, std::size_t at, unsigned value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

Bytes Ethernet(const MacAddress& to, const MacAddress& from, IpVersion version, const Bytes& packet) {
  Bytes frame;
  Append(frame, to);
  Append(frame, from);
  Put16(frame, version == IpVersion::k4 ? 0x0800 : 0x86dd);
  Append(frame, packet);
  return frame;
}

struct Header {
  AnyAddress from;
  AnyAddress to;
  std::uint8_t protocol = 0;  // IPv6: next header
  std::uint8_t ttl = 1;
  std::uint8_t tos = 0;
  Bytes options{};  // IPv4; whole words
};

/// IPv4 with DF set, or IPv6, before `payload`.
Bytes Ip(const Header& header, const Bytes& payload) {
  Bytes ip;
  if (header.from.version() == IpVersion::k4) {
    const std::size_t length = 20 + header.options.size();
    Append(ip, {static_cast<std::uint8_t>(0x40 | length / 4), header.tos});
    Put16(ip, length + payload.size());
    Append(ip, {0, 0, 0x40, 0, header.ttl, header.protocol, 0, 0});
  } else {
    Append(ip, {static_cast<std::uint8_t>(0x60 | header.tos >> 4), static_cast<std::uint8_t>(header.tos << 4),
                0, 0});
    Put16(ip, payload.size());
    Append(ip, {header.protocol, header.ttl});
  }
  Append(ip, header.from.bytes());
  Append(ip, header.to.bytes());
  Append(ip, header.options);
  if (header.from.version() == IpVersion::k4) Store16(ip, 10, InternetChecksum(ip));
  Append(ip, payload);
  return ip;
}

}  // namespace

Bytes FromHex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Bytes IgmpFrame(const MacAddress& mac_from, const AnyAddress& from, const AnyAddress& to,
                const Bytes& message) {
  const IpVersion version = to.version();
  if (from.version() != version) throw std::invalid_argument("addresses of two families");
  if (version == IpVersion::k4) {
    return Ethernet(GroupMac(to), mac_from, version, Ip({from, to, 2, 1, 0xc0, {0x94, 4, 0, 0}}, message));
  }
  constexpr std::uint8_t kIcmpv6 = 58;
  Bytes payload{kIcmpv6, 0, 5, 2, 0, 0, 1, 0};  // Hop-by-Hop: Router Alert (MLD), PadN
  Bytes summed = message;
  if (summed[2] == 0 && summed[3] == 0)
    Store16(summed, 2, InternetChecksum(summed, PseudoHeaderSum(from, to, kIcmpv6, summed.size())));
  Append(payload, summed);
  return Ethernet(GroupMac(to), mac_from, version, Ip({from, to, 0, 1}, payload));
}

Bytes QueryV3(std::uint16_t max_resp_code, const AnyAddress& group, const std::vector<AnyAddress>& sources,
              std::uint8_t qqic) {
  const bool is_igmp = group.version() == IpVersion::k4;
  Bytes query;
  if (is_igmp) {
    Append(query, {0x11, static_cast<std::uint8_t>(max_resp_code), 0, 0});
  } else {
    Append(query, {130, 0, 0, 0});
    Put16(query, max_resp_code);
    Put16(query, 0);
  }
  Append(query, group.bytes());
  Append(query, {2, qqic});  // QRV
  Put16(query, sources.size());
  for (const AnyAddress& source : sources) Append(query, source.bytes());
  if (is_igmp) Store16(query, 2, InternetChecksum(query));
  return query;
}

std::uint16_t MaxRespCode(IpVersion version, Clock::duration time) {
  return static_cast<std::uint16_t>(version == IpVersion::k4 ? time / 100ms : time / 1ms);
}

Bytes IgmpV2(std::uint8_t type, std::uint8_t code, const Ipv4Address& group) {
  Bytes message{type, code, 0, 0};
  Append(message, group.bytes());
  Store16(message, 2, InternetChecksum(message));
  return message;
}

Bytes MldV1(std::uint8_t type, std::uint16_t code, const Ipv6Address& group) {
  Bytes message{type, 0, 0, 0};
  Put16(message, code);
  Put16(message, 0);
  Append(message, group.bytes());
  return message;
}

Bytes ReportV3(const std::vector<IgmpRecord>& records) {
  const bool is_igmp = records.front().group.version() == IpVersion::k4;
  Bytes report{static_cast<std::uint8_t>(is_igmp ? 0x22 : 143), 0, 0, 0, 0, 0};
  Put16(report, records.size());
  for (const IgmpRecord& record : records) {
    Append(report, {record.type, 0});  // no auxiliary data
    Put16(report, record.sources.size());
    Append(report, record.group.bytes());
    for (const AnyAddress& source : record.sources) Append(report, source.bytes());
  }
  if (is_igmp) Store16(report, 2, InternetChecksum(report));
  return report;
}

Bytes UdpFrame(const MacAddress& mac_from, const MacAddress& mac_to, const ForgedUdp& udp) {
  constexpr std::size_t kPayload = 64;
  constexpr std::uint8_t kProtocol = 17;
  Bytes datagram;
  for (const std::size_t field : {std::size_t{5000}, std::size_t{5000}, 8 + kPayload, std::size_t{0}})
    Put16(datagram, field);  // ports, length, no checksum
  datagram.resize(datagram.size() + kPayload);
  const IpVersion version = udp.from.version();
  if (version == IpVersion::k6)  // there it is not optional
    Store16(datagram, 6,
            InternetChecksum(datagram, PseudoHeaderSum(udp.from, udp.to, kProtocol, datagram.size())));
  Header header{udp.from, udp.to, kProtocol, udp.ttl};
  if (udp.options != 0) {
    Put16(header.options, udp.options >> 16);
    Put16(header.options, udp.options & 0xffff);
  }
  Bytes ip = Ip(header, datagram);
  if (udp.version) {
    ip[0] = static_cast<std::uint8_t>(*udp.version << 4 | (ip[0] & 0x0f));
    if (version == IpVersion::k4) {
      Store16(ip, 10, 0);
      Store16(ip, 10, InternetChecksum(Octets(ip).first((ip[0] & 0x0f) * std::size_t{4})));
    }
  }
  return Ethernet(mac_to, mac_from, version, ip);
}

}  // namespace bpfcast::test
