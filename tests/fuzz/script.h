// A script: what a fuzz target does is read from its input, octet by octet, so that every input is a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/family.h"

namespace bpfcast::fuzz {

class Script {
 public:
  explicit Script(std::span<const std::uint8_t> octets) : rest_(octets) {}

  bool ended() const { return rest_.empty(); }
  /// Zero behind the end.
  std::uint8_t Octet() {
    if (rest_.empty()) return 0;
    const std::uint8_t octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet;
  }
  std::size_t Below(std::size_t n) { return Octet() % n; }
  template <class T, std::size_t N>
  T OneOf(const T (&choices)[N]) {
    return choices[Below(N)];
  }
  std::span<const std::uint8_t> Take(std::size_t count) {
    const auto taken = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

/// The addresses that scripts play with.
template <class F>
struct Cast;

template <>
struct Cast<Igmp> {
  static constexpr std::size_t kGroups = 8;
  /// Six to forward, two of them source-specific; one of the link only; one that is none.
  static Ipv4Address Group(std::size_t i) {
    constexpr Ipv4Address kAll[kGroups] = {
        MakeIpv4(239, 1, 2, 3), MakeIpv4(239, 1, 2, 4), MakeIpv4(232, 1, 1, 1),   MakeIpv4(239, 1, 2, 5),
        MakeIpv4(232, 1, 1, 2), MakeIpv4(239, 1, 2, 6), MakeIpv4(224, 0, 0, 251), MakeIpv4(10, 1, 1, 1)};
    return kAll[i % kGroups];
  }
  /// The first of them is no source.
  static Ipv4Address Source(std::size_t i) { return i == 0 ? Ipv4Address() : Last(10, i); }
  static Ipv4Address Host(std::size_t i) { return i == 0 ? Ipv4Address() : Last(192, 100 + i); }
  static Ipv4Address Own(std::size_t port) { return Last(192, 50 + port); }
  /// Lower and higher ones than ours.
  static Ipv4Address Router(std::size_t i) { return Last(192, i % 2 == 0 ? 10 + i : 200 + i); }
  static Prefix<Ipv4Address> Subnet() { return {MakeIpv4(192, 0, 2, 0), 24}; }

 private:
  static Ipv4Address Last(std::uint8_t first, std::size_t last) {
    return MakeIpv4(first, 0, 2, static_cast<std::uint8_t>(last));
  }
};

template <>
struct Cast<Mld> {
  static constexpr std::size_t kGroups = 8;
  static Ipv6Address Group(std::size_t i) {
    const Ipv6Address all[kGroups] = {Make(0xff, 0x0e, 3),    Make(0xff, 0x0e, 4), Make(0xff, 0x3e, 1),
                                      Make(0xff, 0x0e, 5),    Make(0xff, 0x3e, 2), Make(0xff, 0x0e, 6),
                                      Make(0xff, 0x02, 0xfb), Make(0x20, 0x01, 1)};
    return all[i % kGroups];
  }
  static Ipv6Address Source(std::size_t i) { return i == 0 ? Ipv6Address() : Make(0x20, 0x01, i); }
  static Ipv6Address Host(std::size_t i) { return i == 0 ? Ipv6Address() : Make(0xfe, 0x80, 100 + i); }
  static Ipv6Address Own(std::size_t port) { return Make(0xfe, 0x80, 50 + port); }
  static Ipv6Address Router(std::size_t i) { return Make(0xfe, 0x80, i % 2 == 0 ? 10 + i : 200 + i); }
  static Prefix<Ipv6Address> Subnet() { return {Make(0xfe, 0x80, 0), 64}; }

 private:
  static Ipv6Address Make(std::uint8_t first, std::uint8_t second, std::size_t last) {
    std::array<std::uint8_t, 16> bytes{first, second};
    bytes[15] = static_cast<std::uint8_t>(last);
    return Ipv6Address(bytes);
  }
};

}  // namespace bpfcast::fuzz
