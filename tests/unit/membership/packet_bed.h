// The protocol of one downstream and the upstream on real packets and a virtual clock: what hosts and routers
// see of us. The bed of conformance section G: D1 is 192.0.2.1 and fe80::1, the upstream 198.51.100.2 and
// fe80::2.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "membership/host.h"
#include "membership/querier.h"
#include "router_support.h"
#include "unit/wire/family_packets.h"

namespace bpfcast {

template <class F>
struct UpstreamBed;

template <>
struct UpstreamBed<Igmp> {
  static inline const Ipv4Address kOwn = MakeIpv4(198, 51, 100, 2);
  static inline const Ipv4Address kRouter = MakeIpv4(198, 51, 100, 1);
  static inline const Ipv4Address kOtherHost = MakeIpv4(198, 51, 100, 77);
};

template <>
struct UpstreamBed<Mld> {
  static inline const Ipv6Address kOwn = test::mld::V6("fe80::2");
  static inline const Ipv6Address kRouter = test::mld::V6("fe80::99");
  static inline const Ipv6Address kOtherHost = test::mld::V6("fe80::77");
};

template <class F>
class PacketBed : public testing::Test {
 protected:
  using P = test::Packets<F>;
  using Address = typename F::Address;
  using Bytes = test::Bytes;

  /// A message of ours, without its envelope.
  struct Sent {
    double at;
    Address destination;
    Bytes message;
  };

  PacketBed() {
    config.timing = DefaultTiming();
    host_config.timing = DefaultTiming();
    up_rules.own_addresses = {UpstreamBed<F>::kOwn};
  }

  void Start(double at) {
    querier.emplace(config);
    querier->SetAddress(P::kOwn);
    host.emplace(host_config, database, Random(1));
    now = At(at);
    QuerierEffects<F> out;
    querier->Start(now, out);
    host->Start(now);
    Settle(out);
  }

  /// On D1. What was due before has happened, what is due at that very instant has not (B-26).
  void HearDown(double at, const Bytes& packet) {
    FireUntil(At(at) - Duration(1));
    now = At(at);
    auto received = Codec<F>::Parse(packet, P::Rules(), drops);
    ASSERT_TRUE(received);
    QuerierEffects<F> out;
    if (const auto* query = std::get_if<Query<F>>(&received->message)) {
      querier->OnQuery(*query, received->source, now, drops, out);
    } else {
      querier->OnReport(std::get<Report<F>>(received->message), received->source, now, drops, out);
    }
    Settle(out);
  }
  /// On the upstream. False when the packet is dropped.
  bool HearUp(double at, const Bytes& packet) {
    FireUntil(At(at) - Duration(1));
    now = At(at);
    auto received = Codec<F>::Parse(packet, up_rules, drops);
    if (!received) return false;
    if (const auto* query = std::get_if<Query<F>>(&received->message)) {
      host->OnQuery(*query, now);
    } else {
      host->OnReport(std::get<Report<F>>(received->message));
    }
    return true;
  }
  void RunTo(double at) {
    FireUntil(At(at));
    now = At(at);
  }

  bool Wants(unsigned source) const { return querier->Membership(P::kGroup).Wants(P::S(source)); }

  /// Packets of others. Reports come from h1.
  static Bytes Record(RecordType type, const Address& group, const std::vector<Address>& sources = {}) {
    return P::Send(P::ReportHead(1).Add(test::RecordOctets(type, group, sources).bytes()));
  }
  static Bytes OldReport(const Address& group, const Address& source = P::kHost) {
    return P::Send(P::OldReport(group), {.source = source, .destination = group});
  }
  static Bytes OldLeave(const Address& group) {
    return P::Send(P::OldLeave(group), {.source = P::kHost, .destination = P::kAllRouters});
  }
  static Bytes OldGeneralQuery(const Address& source) {
    return P::Send(P::QueryHead(kTenSeconds, Address()), {.source = source, .destination = P::kAllNodes});
  }

  /// Messages of ours as they have to be, octet by octet.
  static Bytes SpecificQuery(unsigned flags) {
    return MessageOf(P::Send(P::QueryHead(kOneSecond, P::kGroup).Add(test::QueryRest<Address>({}, flags)),
                             {.source = P::kOwn, .destination = P::kGroup}));
  }
  static Bytes OldQuery(unsigned code, const Address& group) {
    return MessageOf(
        P::Send(P::QueryHead(code, group),
                {.source = P::kOwn, .destination = group.IsUnspecified() ? P::kAllNodes : group}));
  }
  static Bytes UpReport(RecordType type, const Address& group, const std::vector<Address>& sources = {}) {
    return MessageOf(P::Send(P::ReportHead(1).Add(test::RecordOctets(type, group, sources).bytes()),
                             {.source = UpstreamBed<F>::kOwn, .destination = P::kReports}));
  }
  static Bytes UpOldReport(const Address& group) {
    return MessageOf(P::Send(P::OldReport(group), {.source = UpstreamBed<F>::kOwn, .destination = group}));
  }
  static Bytes UpOldLeave(const Address& group) {
    return MessageOf(
        P::Send(P::OldLeave(group), {.source = UpstreamBed<F>::kOwn, .destination = P::kAllRouters}));
  }
  static Bytes MessageOf(const Bytes& packet) {
    return Bytes(packet.begin() + static_cast<std::ptrdiff_t>(P::kEnvelope), packet.end());
  }

  /// Max Resp Codes: tenths of a second, or milliseconds.
  static constexpr unsigned kOneSecond = std::is_same_v<F, Igmp> ? 10 : 1000;
  static constexpr unsigned kTenSeconds = 10 * kOneSecond;
  static constexpr unsigned kQrv2 = 2;
  static constexpr unsigned kSuppressQrv2 = 0x0a;

  QuerierConfig<F> config;
  HostConfig<F> host_config;
  ReceiveRules<F> up_rules;
  std::optional<Querier<F>> querier;
  MembershipDatabase<F> database;
  std::optional<Host<F>> host;
  Time now = At(0);
  DropCounters drops;
  std::vector<Sent> down;  // what we sent on D1
  std::vector<Sent> up;    // and upstream

 private:
  void FireUntil(Time end) {
    while (std::min(querier->NextExpiry(), host->NextExpiry()) <= end) {
      now = std::min(querier->NextExpiry(), host->NextExpiry());
      QuerierEffects<F> out;
      if (querier->NextExpiry() <= now) querier->Expire(now, out);
      Settle(out);
    }
  }
  void Settle(const QuerierEffects<F>& out) {
    for (const Query<F>& query : out.queries) Log(Codec<F>::Serialize(query, P::kOwn), down);
    for (const Address& group : out.changed_groups) {
      const auto change = database.Set(PortId{1}, group, querier->Membership(group));
      if (change) host->OnChange(*change, now);
    }
    if (host->NextExpiry() > now) return;
    HostEffects<F> reports;
    host->Expire(now, reports);
    for (const auto& report : reports) Log(Codec<F>::Serialize(report, UpstreamBed<F>::kOwn), up);
  }
  void Log(const OutgoingPacket<F>& packet, std::vector<Sent>& sent) {
    sent.push_back({InSeconds(now - At(0)), packet.destination, MessageOf(packet.bytes)});
  }
};

}  // namespace bpfcast
