// Frames of UDP to groups, written from the RFCs' pictures.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace bpfcast {

using Frame = std::vector<std::uint8_t>;

inline Frame Joined(std::initializer_list<Frame> parts) {
  Frame all;
  for (const Frame& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Destination and source of 239.1.2.3 from a host.
inline Frame Macs() {
  return {0x01, 0x00, 0x5e, 1, 2, 3, 2, 0, 0, 0, 0, 1};
}
inline Frame Tag() {
  return {0x81, 0x00, 0x00, 0x07};
}
inline Frame Ipv4Type() {
  return {0x08, 0x00};
}
inline Frame Ipv6Type() {
  return {0x86, 0xdd};
}
/// 10.0.0.1 to 239.1.2.3, TTL 16.
inline Frame Ipv4(std::uint8_t protocol = 17, std::uint8_t fragment_offset = 0) {
  return {0x45, 0, 0, 28, 0, 0, 0, fragment_offset, 16, protocol, 0, 0, 10, 0, 0, 1, 239, 1, 2, 3};
}
/// 2001:db8::1 to ff0e::1234, hop limit 200.
inline Frame Ipv6(std::uint8_t next_header = 17) {
  return {0x60, 0, 0, 0, 0,    8,    next_header, 200, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0,    0,
          0,    0, 0, 1, 0xff, 0x0e, 0,           0,   0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0x12, 0x34};
}
/// Port 4660 to port 5000.
inline Frame Udp() {
  return {0x12, 0x34, 0x13, 0x88, 0, 8, 0, 0};
}

}  // namespace bpfcast
