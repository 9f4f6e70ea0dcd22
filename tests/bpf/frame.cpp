#include "bpf/frame.h"

#include <algorithm>

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

}  // namespace

std::uint16_t HeaderChecksum(const std::uint8_t* header, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    if (i != 10) sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
  }
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

  Bytes frame;
  Append(frame, to);
  Append(frame, from);
  Append(frame, tags);
  Put16(frame, 0x0800);
  Append(frame, ip);
  Append(frame, payload);
  Append(frame, trailer);
  return frame;
}

Bytes Forwarded(const Bytes& frame, const MacAddress& egress) {
  Bytes out = frame;
  const std::size_t length = static_cast<std::size_t>(out[kEth + 2] << 8 | out[kEth + 3]);
  out.resize(kEth + length);
  if (out.size() < 60) out.resize(60);
  const std::uint8_t* group = &out[kEth + 16];
  const MacAddress to = {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(group[1] & 0x7f), group[2], group[3]};
  std::copy(to.begin(), to.end(), out.begin());
  std::copy(egress.begin(), egress.end(), out.begin() + 6);
  out[kEth + 8] = static_cast<std::uint8_t>(out[kEth + 8] - 1);
  const std::uint16_t sum = HeaderChecksum(&out[kEth], 20);
  out[kEth + 10] = static_cast<std::uint8_t>(sum >> 8);
  out[kEth + 11] = static_cast<std::uint8_t>(sum);
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
