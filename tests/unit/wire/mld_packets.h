// MLD packets on the bed of conformance section G.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/wire/packet_builder.h"
#include "wire/mld.h"

namespace bpfcast::test::mld {

inline Ipv6Address V6(std::string_view text) {
  return Ipv6Address::Parse(text).value();
}

inline const Ipv6Address kGroup = V6("ff0e::1234");
inline const Ipv6Address kSsmGroup = V6("ff3e::1");
inline const Ipv6Address kOwn = V6("fe80::1");
inline const Ipv6Address kHost = V6("fe80::a");
inline const Ipv6Address kAllNodes = V6("ff02::1");
inline const Ipv6Address kAllRouters = V6("ff02::2");
inline const Ipv6Address kReports = V6("ff02::16");

// Conformance A.7. The checksums hold for the addresses that stand beside.
inline constexpr std::string_view kV20 =  // fe80::1 -> ff02::1
    "820059172710000000000000000000000000000000000000";
inline constexpr std::string_view kV21 =  // fe80::1 -> ff02::1
    "820056962710000000000000000000000000000000000000027d0000";
inline constexpr std::string_view kV22 =  // fe80::1 -> ff0e::1234
    "8200563c03e80000ff0e0000000000000000000000001234027d0000";
inline constexpr std::string_view kV23 =  // fe80::a -> ff0e::1234
    "83005b9c00000000ff0e0000000000000000000000001234";
inline constexpr std::string_view kV24 =  // fe80::a -> ff02::2
    "84006cda00000000ff0e0000000000000000000000001234";
inline constexpr std::string_view kV25 =  // fe80::a -> ff02::16
    "8f005dc10000000104000000ff0e0000000000000000000000001234";
inline constexpr std::string_view kV26 =  // fe80::a -> ff02::16
    "8f0040f90000000105000001ff3e000000000000000000000000000120010db8000000000000000000000001";
inline constexpr std::string_view kV27 =
    "6000000000240001fe800000000000000000000000000001ff020000000000000000000000000001"
    "3a00050200000100"
    "820056962710000000000000000000000000000000000000027d0000";
inline constexpr std::string_view kV28 =
    "6000000000240001fe80000000000000000000000000000aff020000000000000000000000000016"
    "3a00050200000100"
    "8f005dc10000000104000000ff0e0000000000000000000000001234";

struct Envelope {
  Ipv6Address source = kHost;
  Ipv6Address destination = kReports;
  std::uint8_t ttl = 1;
  /// What stands between the IPv6 header and the message, and the number of the first of it.
  Bytes headers = Hex("3a00050200000100");
  std::uint8_t next_header = 0;
};

/// `message` as it is, checksum included.
inline Bytes Wrap(const Bytes& message, const Envelope& e = {}) {
  return Octets()
      .U16(0x6000)
      .U16(0)
      .U16(e.headers.size() + message.size())
      .U8(e.next_header)
      .U8(e.ttl)
      .Address(e.source)
      .Address(e.destination)
      .Add(e.headers)
      .Add(message)
      .bytes();
}
inline Bytes Wrap(std::string_view hex, const Envelope& e = {}) {
  return Wrap(Hex(hex), e);
}

/// `message`, of at least four octets, with the checksum put right.
inline Bytes WrapSummed(Bytes message, const Envelope& e = {}) {
  Octets pseudo;
  pseudo.Address(e.source).Address(e.destination).U16(0).U16(message.size()).U16(0).U16(58);
  PutSum(message, 2, message.size(), pseudo.bytes());
  return Wrap(message, e);
}
inline Bytes WrapSummed(std::string_view hex, const Envelope& e = {}) {
  return WrapSummed(Hex(hex), e);
}

inline Envelope To(const Ipv6Address& destination) {
  return {.destination = destination};
}
inline Envelope From(const Ipv6Address& source) {
  return {.source = source};
}

inline ReceiveRules<Mld> Rules() {
  ReceiveRules<Mld> rules;
  rules.own_addresses = {kOwn};
  return rules;
}

struct Parsing : ParsingOf<Mld> {
  explicit Parsing(const Bytes& packet, const ReceiveRules<Mld>& rules = Rules())
      : ParsingOf(packet, rules) {}
};

inline std::string Outcome(const Bytes& packet, const ReceiveRules<Mld>& rules = Rules()) {
  return Parsing(packet, rules).Outcome();
}

}  // namespace bpfcast::test::mld
