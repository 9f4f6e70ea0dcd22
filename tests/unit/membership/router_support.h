// The names of conformance section G for both families, and time in seconds.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <utility>
#include <vector>

#include "membership/link_rules.h"
#include "membership/membership_record.h"

namespace bpfcast {

using BothFamilies = testing::Types<Igmp, Mld>;

template <class F>
struct Bed;

template <>
struct Bed<Igmp> {
  static Ipv4Address Source(unsigned n) {
    return MakeIpv4(10, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n));
  }
  static Ipv4Address Group(unsigned n = 0) {
    return MakeIpv4(239, static_cast<std::uint8_t>(1 + (n >> 8)), 2, static_cast<std::uint8_t>(3 + n));
  }
  static Ipv4Address SsmGroup() { return MakeIpv4(232, 1, 1, 1); }
  static Ipv4Address Host(unsigned n = 0) { return MakeIpv4(192, 0, 2, static_cast<std::uint8_t>(10 + n)); }
  static Ipv4Address Router(unsigned n) { return MakeIpv4(192, 0, 2, static_cast<std::uint8_t>(n)); }
  static unsigned Number(const Ipv4Address& source) { return source.bytes()[2] * 256U + source.bytes()[3]; }
};

template <>
struct Bed<Mld> {
  static Ipv6Address Make(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, unsigned n) {
    return Ipv6Address(std::array<std::uint8_t, 16>{a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                    static_cast<std::uint8_t>(n >> 8),
                                                    static_cast<std::uint8_t>(n)});
  }
  static Ipv6Address Source(unsigned n) { return Make(0x20, 1, 0x0d, 0xb8, n); }
  static Ipv6Address Group(unsigned n = 0) { return Make(0xff, 0x0e, 0, 0, 0x1234 + n); }
  static Ipv6Address SsmGroup() { return Make(0xff, 0x3e, 0, 0, 1); }
  static Ipv6Address Host(unsigned n = 0) { return Make(0xfe, 0x80, 0, 0, 10 + n); }
  static Ipv6Address Router(unsigned n) { return Make(0xfe, 0x80, 0, 0, n); }
  static unsigned Number(const Ipv6Address& source) { return source.bytes()[14] * 256U + source.bytes()[15]; }
};

template <class F>
std::vector<typename F::Address> Sources(std::initializer_list<unsigned> numbers) {
  std::vector<typename F::Address> sources;
  for (const unsigned n : numbers) sources.push_back(Bed<F>::Source(n));
  return sources;
}

template <class F>
SourceSet<F> Set(std::initializer_list<unsigned> numbers) {
  return SourceSet<F>(Sources<F>(numbers));
}

template <class F>
MembershipRecord<F> Include(std::initializer_list<unsigned> numbers) {
  return {FilterMode::kInclude, Set<F>(numbers)};
}

template <class F>
MembershipRecord<F> Exclude(std::initializer_list<unsigned> numbers) {
  return {FilterMode::kExclude, Set<F>(numbers)};
}

inline Duration Seconds(double seconds) {
  return Duration(std::llround(seconds * 1e9));
}

/// The test's own zero lies far enough from the clock's that a case may begin before it.
inline Time At(double seconds) {
  return Time(Seconds(10000) + Seconds(seconds));
}
inline double InSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Profile DEF of B.1.
inline Timing DefaultTiming() {
  Timing timing;
  timing.robustness = 2;
  timing.query_interval = Seconds(125);
  timing.query_response_interval = Seconds(10);
  timing.last_member_query_interval = Seconds(1);
  timing.unsolicited_report_interval = Seconds(1);
  timing.last_member_query_count = 2;
  timing.startup_query_interval = Seconds(31.25);
  timing.startup_query_count = 2;
  return timing;
}

/// A specific query as the tables of section G name it: when, S flag, sources (none: Q(G)).
struct Asked {
  double at;
  unsigned s_flag;
  std::vector<unsigned> sources;

  bool operator==(const Asked&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Asked& asked) {
    out << "at " << asked.at << " S=" << asked.s_flag << " {";
    for (const unsigned n : asked.sources) out << ' ' << n;
    return out << " }";
  }
};

template <class F>
Asked ToAsked(const Query<F>& query, Time now) {
  Asked asked{InSeconds(now - At(0)), query.suppress_router_processing ? 1U : 0U, {}};
  for (const auto& source : query.sources) asked.sources.push_back(Bed<F>::Number(source));
  return asked;
}

}  // namespace bpfcast
