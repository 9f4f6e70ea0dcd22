#include "agent/views.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "wire/igmp.h"

namespace bpfcast {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

constexpr PortId kUpstream{0};
constexpr PortId kLan1{1};
constexpr PortId kLan2{2};
constexpr Time kStart{};

Timing DefaultTiming() {
  std::vector<std::string> warnings;
  return *MakeTiming<Igmp>(TimingConfig(), Version::kV3, warnings);
}

ProxyConfig<Igmp> TwoDownstreams() {
  ProxyConfig<Igmp> config;
  config.upstream = kUpstream;
  config.host.timing = DefaultTiming();
  for (const PortId port : {kLan1, kLan2}) {
    DownstreamConfig<Igmp> downstream;
    downstream.port = port;
    downstream.querier.timing = DefaultTiming();
    config.downstreams.push_back(downstream);
  }
  return config;
}

/// A proxy with an upstream and two downstreams that are up, driven by hand.
class ViewsTest : public testing::Test {
 protected:
  ViewsTest() : proxy_(TwoDownstreams(), Random(1)) {
    for (std::uint8_t i = 0; i < 3; ++i) {
      LinkState<Igmp> state;
      state.up = true;
      state.address = MakeIpv4(192, 0, i, 1);
      proxy_.OnLink(static_cast<PortId>(i), state, kStart, effects_);
      PortView view;
      view.id = static_cast<PortId>(i);
      view.name = i == 0 ? "eth0" : "lan" + std::to_string(i);
      view.role = i == 0 ? PortRole::kUpstream : PortRole::kDownstream;
      view.ifindex = i + 2u;
      view.address = state.address;
      view.hook = Hook::kTc;
      view.hook_reason = "configured";
      ports_.push_back(view);
    }
  }

  void Report(PortId port, const Ipv4Address& from, const GroupRecord<Igmp>& record, Time now) {
    const auto packet = Codec<Igmp>::Serialize(bpfcast::Report<Igmp>{Version::kV3, {record}}, from);
    proxy_.OnPacket(port, packet.bytes, now, effects_);
  }
  Json Groups(Time now) const { return Json::parse(GroupsJson(ports_, proxy_, routes_, now)); }

  ProxyEffects<Igmp> effects_;
  Proxy<Igmp> proxy_;
  std::vector<PortView> ports_;
  std::vector<RouteCounters<Igmp>> routes_;
};

const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
const Ipv4Address kSource = MakeIpv4(10, 0, 0, 1);
const Ipv4Address kOther = MakeIpv4(10, 0, 0, 2);
const Ipv4Address kHost = MakeIpv4(192, 0, 1, 10);

TEST_F(ViewsTest, NoGroupsAreAnEmptyArray) {
  EXPECT_EQ(GroupsJson(ports_, proxy_, routes_, kStart), "[]");
}

TEST_F(ViewsTest, AnAnySourceMemberIsExcludeOfNothingUntilItsTimerEnds) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  // The packets of a group are those of all its routes.
  routes_ = {{{Ipv4Address(), kGroup}, {7, 700}, 1},
             {{kSource, kGroup}, {3, 30}, 0},
             {{kSource, kOther}, {9, 9}, 0}};
  // GMI = 2 * 125 s + 2 * 10 s (B-04).
  EXPECT_EQ(Groups(kStart + seconds(20)),
            Json::parse(R"([{"group": "239.1.2.3", "port": "lan1", "mode": "exclude",
      "sources": [], "requested": [], "expires_s": 250.0, "host_version": 3, "last_reporter": "192.0.1.10",
      "forwarded_packets": 10, "forwarded_bytes": 730}])"));
}

TEST_F(ViewsTest, AFileNameThatIsNotUtf8IsStillShown) {
  const InstanceView instance{"default", "1", 1, {}, "/etc/\xff.toml", "/sys/fs/bpf"};
  EXPECT_EQ(Json::parse(StatusJson(instance, ports_, proxy_, {})).at("config"), "/etc/\xEF\xBF\xBD.toml");
}

TEST_F(ViewsTest, ASourceSpecificMemberListsItsSources) {
  Report(kLan2, kHost, {RecordType::kAllow, kGroup, {kSource}}, kStart);
  Report(kLan2, kHost, {RecordType::kAllow, kGroup, {kOther}}, kStart + seconds(5));
  const Json groups = Groups(kStart + seconds(5));
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].at("mode"), "include");
  EXPECT_EQ(groups[0].at("sources"), Json({"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(groups[0].at("requested"), Json::array());
  // The group lasts as long as the last of its sources.
  EXPECT_EQ(groups[0].at("expires_s"), 270.0);
}

TEST_F(ViewsTest, ExcludeShowsBlockedAndRequestedSourcesApart) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {kSource}}, kStart);
  Report(kLan1, kHost, {RecordType::kAllow, kGroup, {kOther}}, kStart);
  const Json groups = Groups(kStart);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].at("mode"), "exclude");
  // INCLUDE () + TO_EX (B) -> EXCLUDE ({}, B); then ALLOW (A) -> X + A.
  EXPECT_EQ(groups[0].at("sources"), Json({"10.0.0.1"}));
  EXPECT_EQ(groups[0].at("requested"), Json({"10.0.0.2"}));
}

TEST_F(ViewsTest, GroupsAreSortedByAddressThenPort) {
  const Ipv4Address low = MakeIpv4(239, 1, 2, 3);
  const Ipv4Address high = MakeIpv4(239, 1, 2, 20);
  Report(kLan2, kHost, {RecordType::kToEx, high, {}}, kStart);
  Report(kLan2, kHost, {RecordType::kToEx, low, {}}, kStart);
  Report(kLan1, kHost, {RecordType::kToEx, low, {}}, kStart);
  std::string order;
  for (const Json& group : Groups(kStart)) {
    order += group.at("group").get<std::string>() + " " + group.at("port").get<std::string>() + "\n";
  }
  EXPECT_EQ(order, "239.1.2.3 lan1\n239.1.2.3 lan2\n239.1.2.20 lan2\n");
}

TEST_F(ViewsTest, PortsShowStateTrafficAndIgmpCounters) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  std::vector<std::uint8_t> broken =
      Codec<Igmp>::Serialize(bpfcast::Report<Igmp>{Version::kV3, {{RecordType::kToEx, kGroup, {}}}}, kHost)
          .bytes;
  broken.back() ^= 1;
  proxy_.OnPacket(kLan1, broken, kStart, effects_);
  ports_[2].waiting = "link is down";
  ports_[2].hook.reset();
  ports_[2].address.reset();
  DatapathCounters counters;
  counters.ports.push_back({kLan1, {10, 1000}, {20, 2000}, 3});

  const Json ports = Json::parse(PortsJson(ports_, proxy_, counters));
  ASSERT_EQ(ports.size(), 3u);
  EXPECT_EQ(ports[0].at("role"), "upstream");
  const Json& lan1 = ports[1];
  EXPECT_EQ(lan1.at("name"), "lan1");
  EXPECT_EQ(lan1.at("role"), "downstream");
  EXPECT_EQ(lan1.at("state"), "up");
  EXPECT_EQ(lan1.at("reason"), "");
  EXPECT_EQ(lan1.at("ifindex"), 3);
  EXPECT_EQ(lan1.at("address"), "192.0.1.1");
  EXPECT_EQ(lan1.at("hook"), "tc");
  EXPECT_EQ(lan1.at("hook_reason"), "configured");
  EXPECT_EQ(lan1.at("rx_packets"), 10);
  EXPECT_EQ(lan1.at("rx_bytes"), 1000);
  EXPECT_EQ(lan1.at("tx_packets"), 20);
  EXPECT_EQ(lan1.at("tx_bytes"), 2000);
  EXPECT_EQ(lan1.at("tx_dropped"), 3);
  EXPECT_EQ(lan1.at("reports_received"), 1);
  EXPECT_EQ(lan1.at("queries_sent"), 1);  // C-50: the first startup query
  EXPECT_EQ(lan1.at("igmp_drops").at("CSUM"), 1);
  EXPECT_EQ(lan1.at("igmp_drops").at("TTL"), 0);
  EXPECT_EQ(lan1.at("igmp_drops").size(), static_cast<std::size_t>(DropReason::kCount));
  EXPECT_EQ(ports[2].at("state"), "waiting");
  EXPECT_EQ(ports[2].at("reason"), "link is down");
  EXPECT_TRUE(ports[2].at("hook").is_null());
  EXPECT_TRUE(ports[2].at("address").is_null());
}

TEST_F(ViewsTest, StatusSumsUp) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {kSource}}, kStart);
  Report(kLan2, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  DatapathCounters counters;
  counters.drops = {{"ttl", 4}, {"rpf", 0}};
  const InstanceView instance{"home", "1.2.3", 42, seconds(90), "/etc/x.toml", "/sys/fs/bpf/bpfcast/home"};
  const Json status = Json::parse(StatusJson(instance, ports_, proxy_, counters));
  EXPECT_EQ(status.at("instance"), "home");
  EXPECT_EQ(status.at("version"), "1.2.3");
  EXPECT_EQ(status.at("pid"), 42);
  EXPECT_EQ(status.at("uptime_s"), 90.0);
  EXPECT_EQ(status.at("config"), "/etc/x.toml");
  EXPECT_EQ(status.at("state"), "running");
  EXPECT_EQ(status.at("bpffs"), "/sys/fs/bpf/bpfcast/home");
  EXPECT_EQ(status.at("upstream").at("name"), "eth0");
  EXPECT_EQ(status.at("downstreams").size(), 2u);
  EXPECT_EQ(status.at("groups"), 1);
  EXPECT_EQ(status.at("routes"), 2);  // E-36: (*,G), and (S,G) for the source that lan1 blocks
  EXPECT_EQ(status.at("drops"), Json({{"ttl", 4}, {"rpf", 0}}));
}

}  // namespace
}  // namespace bpfcast
