#include "bpf/frame.h"

#include <algorithm>
#include <stdexcept>

namespace bpfcast::bpftest {
namespace {

void Put16(Bytes& bytes, std::uint16_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

template <class Range>
void Append(Bytes& bytes, const Range& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

template <class Address>
Address Parsed(const std::string& text) {
  const auto address = Address::Parse(text);
  if (!address) throw std::runtime_error("no address: " + text);
  return *address;
}

template <class Frame>
Bytes Ethernet(const Frame& frame, std::uint16_t protocol, const Bytes& ip) {
  Bytes bytes;
  Append(bytes, frame.to);
  Append(bytes, frame.from);
  Append(bytes, frame.tags);
  Put16(bytes, protocol);
  Append(bytes, ip);
  Append(bytes, frame.payload);
  Append(bytes, frame.trailer);
  return bytes;
}

void TakeHop4(Bytes& out) {
  out[kEth + 8] = static_cast<std::uint8_t>(out[kEth + 8] - 1);
  const std::uint16_t sum = HeaderChecksum(&out[kEth], 20);
  out[kEth + 10] = static_cast<std::uint8_t>(sum >> 8);
  out[kEth + 11] = static_cast<std::uint8_t>(sum);
}

}  // namespace

Ipv4Address V4(const std::string& text) {
  return Parsed<Ipv4Address>(text);
}
Ipv6Address V6(const std::string& text) {
  return Parsed<Ipv6Address>(text);
}

std::uint16_t HeaderChecksum(const std::uint8_t* header, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    if (i != 10) sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t InternetChecksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8U : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Bytes Frame::Build() const {
  Bytes ip;
  ip.push_back(static_cast<std::uint8_t>(version << 4 | ihl));
  ip.push_back(tos);
  const std::size_t header = 20 + options.size();
  Put16(ip, static_cast<std::uint16_t>(static_cast<int>(header + payload.size()) + length_error));
  Put16(ip, id);
  Put16(ip, fragment);
  ip.push_back(ttl);
  ip.push_back(protocol);
  Put16(ip, 0);
  Append(ip, source.bytes());
  Append(ip, group.bytes());
  Append(ip, options);
  const auto sum = static_cast<std::uint16_t>(HeaderChecksum(ip.data(), ip.size()) + checksum_error);
  ip[10] = static_cast<std::uint8_t>(sum >> 8);
  ip[11] = static_cast<std::uint8_t>(sum);
  return Ethernet(*this, 0x0800, ip);
}

Bytes Frame6::Build() const {
  Bytes ip;
  Put16(ip, static_cast<std::uint16_t>(version << 12 | traffic >> 16));
  Put16(ip, static_cast<std::uint16_t>(traffic));
  Put16(ip, static_cast<std::uint16_t>(static_cast<int>(extensions.size() + payload.size()) + length_error));
  ip.push_back(protocol);
  ip.push_back(ttl);
  Append(ip, source.bytes());
  Append(ip, group.bytes());
  Append(ip, extensions);
  return Ethernet(*this, 0x86dd, ip);
}

Bytes Forwarded(const Bytes& frame, const MacAddress& egress) {
  Bytes out = frame;
  const bool v6 = out[12] == 0x86;
  const std::size_t field = kEth + (v6 ? 4 : 2);
  const std::size_t length = static_cast<std::size_t>(out[field] << 8 | out[field + 1]) + (v6 ? 40 : 0);
  out.resize(kEth + length);
  if (out.size() < 60) out.resize(60);
  const std::uint8_t* group = &out[kEth + (v6 ? 24 : 16)];
  const MacAddress to =
      v6 ? MacAddress{0x33, 0x33, group[12], group[13], group[14], group[15]}
         : MacAddress{0x01, 0x00, 0x5e, static_cast<std::uint8_t>(group[1] & 0x7f), group[2], group[3]};
  std::copy(to.begin(), to.end(), out.begin());
  std::copy(egress.begin(), egress.end(), out.begin() + 6);
  if (v6) {
    out[kEth + 7] = static_cast<std::uint8_t>(out[kEth + 7] - 1);
  } else {
    TakeHop4(out);
  }
  return out;
}

std::string Hex(const Bytes& bytes) {
  static const char* const digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 2 == 0 && i > 0) text += ' ';
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

}  // namespace bpfcast::bpftest
