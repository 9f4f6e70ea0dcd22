// A Host on a database and a virtual clock, for both families. The times are seconds since the host started.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "membership/host.h"

namespace bpfcast {

template <class F>
struct HostBedAddresses;

template <>
struct HostBedAddresses<Igmp> {
  static Ipv4Address Group(unsigned n) { return MakeIpv4(239, 1, n >> 8 & 0xff, n & 0xff); }
  static Ipv4Address Source(unsigned n) { return MakeIpv4(10, 0, n >> 8 & 0xff, n & 0xff); }
  static Ipv4Address SsmGroup() { return MakeIpv4(232, 1, 1, 1); }
  static std::vector<Ipv4Address> LinkLocalGroups() {
    return {MakeIpv4(224, 0, 0, 1), MakeIpv4(224, 0, 0, 5), MakeIpv4(224, 0, 0, 251)};
  }
};

template <>
struct HostBedAddresses<Mld> {
  static Ipv6Address Group(unsigned n) { return Numbered(*Ipv6Address::Parse("ff0e::"), n); }
  static Ipv6Address Source(unsigned n) { return Numbered(*Ipv6Address::Parse("2001:db8::"), n); }
  static Ipv6Address SsmGroup() { return *Ipv6Address::Parse("ff3e::1"); }
  static std::vector<Ipv6Address> LinkLocalGroups() {
    return {*Ipv6Address::Parse("ff02::1"), *Ipv6Address::Parse("ff02::1:ff00:1"),
            *Ipv6Address::Parse("ff01::5")};
  }

 private:
  static Ipv6Address Numbered(const Ipv6Address& base, unsigned n) {
    auto bytes = base.bytes();
    bytes[14] = n >> 8 & 0xff;
    bytes[15] = n & 0xff;
    return Ipv6Address(bytes);
  }
};

/// Profile DEF: RV 2, QI 125 s, QRI 10 s, URI 1 s, MTU 1500.
template <class F>
class HostBed {
 public:
  using Address = typename F::Address;
  using Records = std::vector<GroupRecord<F>>;
  static constexpr PortId kD1{1};

  struct Sent {
    double at;
    Report<F> report;
  };

  explicit HostBed(std::uint64_t seed = 1, const HostConfig<F>& config = Config())
      : host(config, database, Random(seed)) {
    host.Start(now);
  }

  static HostConfig<F> Config(unsigned robustness = 2) {
    HostConfig<F> config;
    config.timing.robustness = robustness;
    config.timing.unsolicited_report_interval = std::chrono::seconds(1);
    config.timing.query_interval = std::chrono::seconds(125);
    config.timing.query_response_interval = std::chrono::seconds(10);
    return config;
  }

  static Address G(unsigned n = 1) { return HostBedAddresses<F>::Group(n); }
  static Address S(unsigned n) { return HostBedAddresses<F>::Source(n); }
  static std::vector<Address> Sources(std::initializer_list<unsigned> numbers) {
    std::vector<Address> sources;
    for (const unsigned n : numbers) sources.push_back(S(n));
    return sources;
  }
  /// 1..count
  static std::vector<Address> ManySources(unsigned count) {
    std::vector<Address> sources;
    for (unsigned n = 1; n <= count; ++n) sources.push_back(S(n));
    return sources;
  }
  static MembershipRecord<F> Include(std::initializer_list<unsigned> numbers) {
    return {FilterMode::kInclude, SourceSet<F>(Sources(numbers))};
  }
  static MembershipRecord<F> Exclude(std::initializer_list<unsigned> numbers) {
    return {FilterMode::kExclude, SourceSet<F>(Sources(numbers))};
  }
  static MembershipRecord<F> None() { return {}; }
  static GroupRecord<F> Record(RecordType type, std::initializer_list<unsigned> sources, unsigned group = 1) {
    return {type, G(group), Sources(sources)};
  }

  static Time At(double seconds) { return Time(std::chrono::nanoseconds(std::llround(seconds * 1e9))); }
  double Now() const { return Seconds(now); }

  /// What a downstream link wants from now on.
  void Want(const MembershipRecord<F>& record, unsigned group = 1, PortId link = kD1) {
    WantAddress(record, G(group), link);
  }
  void WantAddress(const MembershipRecord<F>& record, const Address& group, PortId link = kD1) {
    const auto change = database.Set(link, group, record);
    if (change) host.OnChange(*change, now);
  }

  /// A General Query of an older version, which carries no variables.
  void OlderQuery(Version version, double max_response_time = 10) {
    Query<F> query;
    query.version = version;
    query.max_response_time = Span(max_response_time);
    host.OnQuery(query, now);
  }
  void OlderGroupQuery(Version version, double max_response_time, unsigned group = 1) {
    Query<F> query;
    query.version = version;
    query.group = G(group);
    query.max_response_time = Span(max_response_time);
    host.OnQuery(query, now);
  }
  void GeneralQuery(double max_response_time, unsigned robustness = 2) {
    Query<F> query;
    query.max_response_time = Span(max_response_time);
    query.robustness = robustness;
    host.OnQuery(query, now);
  }
  void GroupQuery(double max_response_time, std::initializer_list<unsigned> sources = {},
                  unsigned group = 1) {
    Query<F> query;
    query.group = G(group);
    query.sources = Sources(sources);
    query.max_response_time = Span(max_response_time);
    query.robustness = 2;
    host.OnQuery(query, now);
  }

  /// Steps from deadline to deadline, so that nothing fires late.
  void AdvanceTo(double seconds) {
    const Time end = At(seconds);
    while (host.NextExpiry() <= end) {
      ASSERT_GE(host.NextExpiry(), now) << "a deadline in the past";
      now = host.NextExpiry();
      Expire();
      ASSERT_GT(host.NextExpiry(), now) << "a deadline stayed behind";
    }
    now = end;
  }
  void Advance(double seconds) { AdvanceTo(Now() + seconds); }
  void Expire() {
    HostEffects<F> reports;
    host.Expire(now, reports);
    Take(reports, host.mode());
  }
  void Leave() {
    const Version mode = host.mode();
    HostEffects<F> reports;
    host.Leave(reports);
    Take(reports, mode);
  }

  /// All records sent since the last call, in order.
  Records TakeRecords() {
    Records records;
    for (const Sent& packet : sent) {
      records.insert(records.end(), packet.report.records.begin(), packet.report.records.end());
    }
    sent.clear();
    return records;
  }
  /// Lets everything pending go out and forgets it.
  void Settle() {
    Advance(20);
    sent.clear();
  }

  MembershipDatabase<F> database;
  Host<F> host;
  Time now{};
  std::vector<Sent> sent;

 private:
  static double Seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }
  static Duration Span(double seconds) { return At(seconds).time_since_epoch(); }

  /// An older version carries one record, and no sources.
  static void ExpectSayable(const Report<F>& report) {
    ASSERT_EQ(report.records.size(), 1u);
    EXPECT_TRUE(report.records[0].sources.empty());
    const RecordType type = report.records[0].type;
    EXPECT_TRUE(type == RecordType::kIsEx || (type == RecordType::kToIn && report.version == Version::kV2));
  }
  void Take(const HostEffects<F>& reports, Version mode) {
    for (const Report<F>& report : reports) {
      EXPECT_EQ(report.version, mode);
      EXPECT_FALSE(report.records.empty());
      if (mode != Version::kV3) ExpectSayable(report);
      sent.push_back({Now(), report});
    }
  }
};

/// Kolmogorov-Smirnov: the samples are uniform in (0, max] at the level of 0.001.
inline void ExpectUniform(std::vector<double> samples, double max) {
  std::sort(samples.begin(), samples.end());
  ASSERT_FALSE(samples.empty());
  EXPECT_GT(samples.front(), 0);
  EXPECT_LE(samples.back(), max);
  const auto n = static_cast<double>(samples.size());
  double distance = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double expected = samples[i] / max;
    distance = std::max(
        {distance, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
  }
  EXPECT_LT(distance, 1.949 / std::sqrt(n));
}

}  // namespace bpfcast
