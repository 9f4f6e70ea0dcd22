// What a test for both families needs to make packets: Packets<Igmp> and Packets<Mld> have the same members.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "unit/wire/igmp_packets.h"
#include "unit/wire/mld_packets.h"

namespace bpfcast::test {

template <class F>
struct Packets;

template <>
struct Packets<Igmp> {
  using Address = Ipv4Address;
  using Envelope = igmp::Envelope;

  static constexpr Address kOwn = igmp::kOwn;
  static constexpr Address kHost = igmp::kHost;
  static constexpr Address kGroup = igmp::kGroup;
  static constexpr Address kOtherGroup = MakeIpv4(239, 9, 9, 9);
  static constexpr Address kSsmGroup = igmp::kSsmGroup;
  static constexpr Address kUnicast = MakeIpv4(10, 1, 1, 1);
  static constexpr Address kAllNodes = igmp::kAllHosts;
  static constexpr Address kAllRouters = igmp::kAllRouters;
  static constexpr Address kReports = igmp::kReports;

  static Address S(std::uint8_t n) { return MakeIpv4(10, 0, 0, n); }
  /// Multicast, and of no use to a proxy.
  static std::vector<Address> LinkLocalGroups() {
    return {MakeIpv4(224, 0, 0, 1), MakeIpv4(224, 0, 0, 251), MakeIpv4(224, 0, 0, 255)};
  }
  /// No host can have one of these.
  static std::vector<Address> BadSources() {
    return {Address(), MakeIpv4(127, 0, 0, 1), MakeIpv4(224, 1, 1, 1), MakeIpv4(255, 255, 255, 255)};
  }

  static Octets QueryHead(unsigned code, const Address& group) {
    return Octets().U8(0x11).U8(code).U16(0).Address(group);
  }
  static Octets ReportHead(std::size_t records, unsigned flags = 0) {
    return Octets().U16(0x2200).U16(0).U16(flags).U16(records);
  }
  static Octets OldReport(const Address& group) { return Octets().U16(0x1600).U16(0).Address(group); }
  static Octets OldLeave(const Address& group) { return Octets().U16(0x1700).U16(0).Address(group); }

  /// With the checksum put right.
  static Bytes Send(const Octets& message, const Envelope& e = {}) {
    return igmp::Wrap(igmp::Summed(message.bytes()), e);
  }
  static Bytes SendAsIs(const Bytes& message, const Envelope& e = {}) { return igmp::Wrap(message, e); }
  static ReceiveRules<Igmp> Rules() { return igmp::Rules(); }
  static constexpr std::size_t kEnvelope = 24;
};

template <>
struct Packets<Mld> {
  using Address = Ipv6Address;
  using Envelope = mld::Envelope;

  static inline const Address kOwn = mld::kOwn;
  static inline const Address kHost = mld::kHost;
  static inline const Address kGroup = mld::kGroup;
  static inline const Address kOtherGroup = mld::V6("ff0e::9999");
  static inline const Address kSsmGroup = mld::kSsmGroup;
  static inline const Address kUnicast = mld::V6("2001:db8::1:1");
  static inline const Address kAllNodes = mld::kAllNodes;
  static inline const Address kAllRouters = mld::kAllRouters;
  static inline const Address kReports = mld::kReports;

  static Address S(std::uint8_t n) { return mld::V6("2001:db8::" + std::to_string(n)); }
  static std::vector<Address> LinkLocalGroups() {
    return {mld::V6("ff02::1"), mld::V6("ff02::fb"), mld::V6("ff01::5"), mld::V6("ff00::1"),
            mld::V6("ff12::1")};
  }
  static std::vector<Address> BadSources() { return {Address(), mld::V6("::1"), mld::V6("ff0e::1")}; }

  static Octets QueryHead(unsigned code, const Address& group) {
    return Octets().U16(0x8200).U16(0).U16(code).U16(0).Address(group);
  }
  static Octets ReportHead(std::size_t records, unsigned flags = 0) {
    return Octets().U16(0x8f00).U16(0).U16(flags).U16(records);
  }
  static Octets OldReport(const Address& group) {
    return Octets().U16(0x8300).U16(0).U16(0).U16(0).Address(group);
  }
  static Octets OldLeave(const Address& group) {
    return Octets().U16(0x8400).U16(0).U16(0).U16(0).Address(group);
  }

  static Bytes Send(const Octets& message, const Envelope& e = {}) {
    return mld::WrapSummed(message.bytes(), e);
  }
  static Bytes SendAsIs(const Bytes& message, const Envelope& e = {}) { return mld::Wrap(message, e); }
  static ReceiveRules<Mld> Rules() { return mld::Rules(); }
  static constexpr std::size_t kEnvelope = 48;
};

/// A record as the RFCs lay it out; `count` and `aux_words` may lie about what follows.
struct RecordShape {
  unsigned type = 4;
  std::size_t count = 0;
  unsigned aux_words = 0;
};

template <class Address>
Octets RecordOctets(const RecordShape& shape, const Address& group, const std::vector<Address>& sources = {},
                    const Bytes& aux = {}) {
  Octets out;
  out.U8(shape.type).U8(shape.aux_words).U16(shape.count).Address(group);
  for (const Address& source : sources) out.Address(source);
  return out.Add(aux);
}
/// An honest one.
template <class Address>
Octets RecordOctets(RecordType type, const Address& group, const std::vector<Address>& sources = {}) {
  return RecordOctets({static_cast<unsigned>(type), sources.size(), 0}, group, sources);
}

/// What a query of the newest version has behind the group.
template <class Address>
Bytes QueryRest(const std::vector<Address>& sources = {}, unsigned flags = 2, unsigned interval_code = 125) {
  Octets out;
  out.U8(flags).U8(interval_code).U16(sources.size());
  for (const Address& source : sources) out.Address(source);
  return out.bytes();
}

}  // namespace bpfcast::test
