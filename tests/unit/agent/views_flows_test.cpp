#include "views_bed.h"

namespace bpfcast {
namespace {

using FlowsViewTest = ViewsBed;

FlowCounters<Igmp> Flow(const Ipv4Address& source, const Ipv4Address& group, PortId arrival) {
  FlowCounters<Igmp> flow;
  flow.key = {source, group};
  flow.arrival = arrival;
  return flow;
}

TEST_F(FlowsViewTest, NoFlowsAreAnEmptyArray) {
  EXPECT_EQ(FlowsJson<Igmp>(ports_, proxy_, {}, kStart), "[]");
}

TEST_F(FlowsViewTest, AStreamShowsWhereItComesFromAndGoesAndHowFast) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  FlowCounters<Igmp> flow = Flow(kSource, kGroup, kUpstream);
  flow.forwarded = {1000, 1316000};
  flow.dropped = 2;
  flow.first = kStart + seconds(2);
  flow.last = kStart + seconds(7);
  flow.packets_per_s = 50.5;
  flow.bits_per_s = 531664;
  EXPECT_EQ(Flows({flow}, kStart + seconds(10)),
            Json::parse(R"([{"family": "ipv4", "group": "239.1.2.3", "source": "10.0.0.1",
      "arrival": "eth0", "ports": ["lan1"], "local": false, "packets": 1000, "bytes": 1316000, "dropped": 2,
      "packets_per_s": 50.5, "bits_per_s": 531664.0, "first_packet_s": 8.0, "last_packet_s": 3.0}])"));
}

TEST_F(FlowsViewTest, TheEntryOfTheSourceDecidesBeforeThatOfTheGroup) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {kSource}}, kStart);
  Report(kLan2, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  const Json flows = Flows({Flow(kSource, kGroup, kUpstream), Flow(kOther, kGroup, kUpstream)}, kStart);
  ASSERT_EQ(flows.size(), 2u);
  EXPECT_EQ(flows[0].at("ports"), Json({"lan2"}));  // E-36: lan1 blocks it
  EXPECT_EQ(flows[1].at("ports"), Json({"lan1", "lan2"}));
}

TEST_F(FlowsViewTest, AStreamFromADownstreamGoesUpstreamAndToTheOtherMembersOnly) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  Report(kLan2, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  EXPECT_EQ(Flows({Flow(kHost, kGroup, kLan1)}, kStart)[0].at("ports"), Json({"eth0", "lan2"}));  // E-32
}

TEST_F(FlowsViewTest, AStreamFromADownstreamThatNobodyWantsGoesUpstream) {
  EXPECT_EQ(Flows({Flow(kHost, kGroup, kLan1)}, kStart)[0].at("ports"), Json({"eth0"}));  // E-32
}

TEST_F(FlowsViewTest, AStreamFromUpstreamThatNobodyWantsGoesNowhere) {
  EXPECT_EQ(Flows({Flow(kSource, kGroup, kUpstream)}, kStart)[0].at("ports"), Json::array());  // E-31
}

TEST_F(FlowsViewTest, SocketsOfThisMachineAreNamed) {
  proxy_.OnLocalMembership(kGroup, LocalMembership::kJoined, effects_);
  const Json flow = Flows({Flow(kSource, kGroup, kUpstream)}, kStart)[0];
  EXPECT_EQ(flow.at("local"), true);  // F-52
  EXPECT_EQ(flow.at("ports"), Json::array());
}

TEST_F(FlowsViewTest, AStreamOfAPortThatIsNoMoreHasNoArrival) {
  EXPECT_TRUE(Flows({Flow(kSource, kGroup, PortId{9})}, kStart)[0].at("arrival").is_null());
}

TEST_F(FlowsViewTest, FlowsAreSortedByGroupThenSource) {
  const Ipv4Address high = MakeIpv4(239, 1, 2, 20);
  std::string order;
  for (const Json& flow : Flows({Flow(kOther, high, kUpstream), Flow(kOther, kGroup, kUpstream),
                                 Flow(kSource, kGroup, kLan2), Flow(kSource, kGroup, kUpstream)},
                                kStart)) {
    order += flow.at("group").get<std::string>() + " " + flow.at("source").get<std::string>() + " " +
             flow.at("arrival").get<std::string>() + "\n";
  }
  EXPECT_EQ(order,
            "239.1.2.3 10.0.0.1 eth0\n239.1.2.3 10.0.0.1 lan2\n239.1.2.3 10.0.0.2 eth0\n"
            "239.1.2.20 10.0.0.2 eth0\n");
}

}  // namespace
}  // namespace bpfcast
