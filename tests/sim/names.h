// The small world that the simulator speaks of: groups, sources and stations by number, for both families.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "membership/membership_record.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast::sim {

/// Group 0 is source-specific, the others are not.
inline constexpr unsigned kSsmGroup = 0;

template <class F>
struct Names;

template <>
struct Names<Igmp> {
  static Ipv4Address Group(unsigned g) { return MakeIpv4(g == kSsmGroup ? 232 : 239, 77, 0, Octet(g)); }
  static Ipv4Address Source(unsigned s) { return MakeIpv4(10, 9, 0, Octet(s)); }
  static Ipv4Address Station(unsigned link, unsigned n) {
    return MakeIpv4(10, Octet(100 + link), 0, Octet(n));
  }
  static Prefix<Ipv4Address> Subnet(unsigned link) { return {Station(link, 0), 24}; }
  static unsigned Number(const Ipv4Address& name) { return name.bytes()[3]; }

 private:
  static std::uint8_t Octet(unsigned n) { return static_cast<std::uint8_t>(n); }
};

template <>
struct Names<Mld> {
  static Ipv6Address Group(unsigned g) { return Make(0xff, g == kSsmGroup ? 0x3e : 0x0e, 0, 0, 0, g); }
  static Ipv6Address Source(unsigned s) { return Make(0x20, 0x01, 0x0d, 0xb8, 9, s + 1); }
  static Ipv6Address Station(unsigned link, unsigned n) { return Make(0xfe, 0x80, 0, 0, link, n); }
  static Prefix<Ipv6Address> Subnet(unsigned) { return {Make(0xfe, 0x80, 0, 0, 0, 0), 64}; }
  static unsigned Number(const Ipv6Address& name) {
    return name.bytes()[15] - (name.IsMulticast() ? 0U : 1U);
  }

 private:
  static Ipv6Address Make(unsigned a, unsigned b, unsigned c, unsigned d, unsigned link, unsigned n) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[0] = static_cast<std::uint8_t>(a);
    bytes[1] = static_cast<std::uint8_t>(b);
    bytes[2] = static_cast<std::uint8_t>(c);
    bytes[3] = static_cast<std::uint8_t>(d);
    bytes[13] = static_cast<std::uint8_t>(link);
    bytes[15] = static_cast<std::uint8_t>(n);
    return Ipv6Address(bytes);
  }
};

/// What somebody wants of a group, as bits: independent of the sets that the core calculates with.
struct Filter {
  bool exclude = false;
  std::uint32_t list = 0;

  bool Wants(unsigned source) const { return exclude != ((list >> source & 1) != 0); }
  bool Lists(unsigned source) const { return (list >> source & 1) != 0; }
  bool IsEmpty() const { return !exclude && list == 0; }
  bool operator==(const Filter&) const = default;
};

template <class F>
std::vector<typename F::Address> ToSources(std::uint32_t list) {
  std::vector<typename F::Address> sources;
  for (unsigned s = 0; s < 32; ++s) {
    if ((list >> s & 1) != 0) sources.push_back(Names<F>::Source(s));
  }
  return sources;
}

template <class F, class Sources>
std::uint32_t ToList(const Sources& sources) {
  std::uint32_t list = 0;
  for (const auto& source : sources) list |= 1U << Names<F>::Number(source);
  return list;
}

template <class F>
Filter ToFilter(const MembershipRecord<F>& record) {
  return {record.mode == FilterMode::kExclude, ToList<F>(record.sources)};
}

}  // namespace bpfcast::sim
