// what the proxy does not take is counted on the port where it came, changes nothing, and is told
// where a standard wants that.
#include <gtest/gtest.h>

#include "routing/proxy.h"
#include "unit/wire/drop_packets.h"

namespace bpfcast::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

template <class F>
class ProxyDrops : public testing::Test {
 protected:
  using P = Packets<F>;
  static constexpr PortId kUpstream{0};
  static constexpr PortId kDownstream{1};

  static ProxyConfig<F> Config() {
    std::vector<std::string> warnings;
    ProxyConfig<F> config;
    config.upstream.port = kUpstream;
    config.upstream.host.timing = *MakeTiming<F>({}, Version::kV3, warnings);
    DownstreamConfig<F> downstream;
    downstream.port = kDownstream;
    downstream.querier.timing = config.upstream.host.timing;
    config.downstreams = {downstream};
    return config;
  }

  void Start(const ProxyConfig<F>& config, const ReceiveRules<F>& rules = P::Rules()) {
    proxy.emplace(config, Random(1));
    ProxyEffects<F> effects;
    for (const PortId port : {kUpstream, kDownstream}) {
      LinkState<F> state;
      state.up = true;
      state.address = P::kOwn;
      state.rules = rules;
      proxy->OnLink(port, state, now, effects);
    }
  }
  ProxyEffects<F> Receive(PortId port, const Bytes& packet) {
    ProxyEffects<F> effects;
    proxy->OnPacket(port, packet, now, effects);
    return effects;
  }
  static Bytes Report(RecordType type, const typename F::Address& group,
                      const std::vector<typename F::Address>& sources = {}) {
    return P::Send(P::ReportHead(1).Add(RecordOctets(type, group, sources).bytes()));
  }
  void ExpectOneDrop(PortId port, DropReason reason, const Bytes& packet) {
    const auto before = proxy->counters(port).drops;
    const auto effects = Receive(port, packet);
    EXPECT_EQ(proxy->counters(port).drops[reason] - before[reason], 1u) << ToString(reason);
    EXPECT_EQ(Sum(proxy->counters(port).drops) - Sum(before), 1u) << ToString(reason);
    EXPECT_TRUE(effects.packets.empty() && effects.update.empty()) << ToString(reason);
    EXPECT_TRUE(proxy->database().groups().empty()) << ToString(reason);
  }

  std::optional<Proxy<F>> proxy;
  Time now{};
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ProxyDrops, BothFamilies);

TYPED_TEST(ProxyDrops, X_12_EveryReasonOfTheCodecIsCountedOnThePort) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i) {
    const auto reason = static_cast<DropReason>(i);
    const auto entry = DropPacketFor<TypeParam>(reason);
    if (!entry) continue;
    this->Start(this->Config(), entry->rules);
    for (const PortId port : {this->kUpstream, this->kDownstream})
      this->ExpectOneDrop(port, reason, entry->packet);
  }
}

TYPED_TEST(ProxyDrops, X_12_WhatTheRouterSideRefusesIsCountedToo) {
  using P = typename TestFixture::P;
  this->Start(this->Config());
  this->ExpectOneDrop(this->kDownstream, DropReason::kSsm, this->Report(RecordType::kToEx, P::kSsmGroup));

  auto config = this->Config();
  config.downstreams[0].querier.max_groups = 0;
  this->Start(config);
  this->ExpectOneDrop(this->kDownstream, DropReason::kLimit, this->Report(RecordType::kToEx, P::kGroup));

  config = this->Config();
  config.downstreams[0].access.otherwise = Access::kDeny;
  this->Start(config);
  this->ExpectOneDrop(this->kDownstream, DropReason::kPolicy, this->Report(RecordType::kToEx, P::kGroup));
}

TYPED_TEST(ProxyDrops, TA_34_A_09_QueriesFromNoPossibleRouterAreToldOnceAMinute) {
  using P = typename TestFixture::P;
  this->Start(this->Config());
  const auto source = detail::ImpossibleSource(TypeParam());
  const Bytes query = P::Send(P::QueryHead(100, {}).Add(QueryRest<typename TypeParam::Address>()),
                              {.source = source, .destination = P::kAllNodes});
  for (const PortId port : {this->kUpstream, this->kDownstream}) {
    this->now = Time();
    std::vector<PortNotice<TypeParam>> notices;
    for (int i = 0; i < 100; ++i) {
      for (const auto& notice : this->Receive(port, query).notices) notices.push_back(notice);
      this->now += milliseconds(599);
    }
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(notices[0].port, port);
    EXPECT_EQ(notices[0].notice.event, LinkEvent::kForeignQuery);
    EXPECT_EQ(notices[0].notice.router, source);
    EXPECT_EQ(this->proxy->counters(port).drops[DropReason::kSource], 100u);
    this->now = Time() + minutes(1);
    EXPECT_EQ(this->Receive(port, query).notices.size(), 1u);
  }
  EXPECT_EQ(this->proxy->querier(this->kDownstream)->role(), RouterRole::kQuerier);
}

TYPED_TEST(ProxyDrops, TA_34_A_09_ReportsFromNoPossibleHostAreNotTold) {
  using P = typename TestFixture::P;
  this->Start(this->Config());
  const Bytes report = P::Send(P::ReportHead(1).Add(RecordOctets(RecordType::kToEx, P::kGroup).bytes()),
                               {.source = detail::ImpossibleSource(TypeParam())});
  for (const PortId port : {this->kUpstream, this->kDownstream})
    this->ExpectOneDrop(port, DropReason::kSource, report);
}

using IgmpProxyDrops = ProxyDrops<Igmp>;

TEST_F(IgmpProxyDrops, TA_33_A_08_AReportFromAForeignSubnetCountsAndIsCounted) {
  Start(Config());
  const Bytes report = P::Send(P::ReportHead(1).Add(RecordOctets(RecordType::kToEx, P::kGroup).bytes()),
                               {.source = MakeIpv4(10, 9, 9, 9)});
  Receive(kDownstream, report);
  EXPECT_EQ(proxy->counters(kDownstream).foreign_received, 1u);
  EXPECT_FALSE(proxy->database().Merged(P::kGroup).IsEmpty());
  Receive(kDownstream, Report(RecordType::kToEx, P::kGroup));
  EXPECT_EQ(proxy->counters(kDownstream).foreign_received, 1u);
}

}  // namespace
}  // namespace bpfcast::test
