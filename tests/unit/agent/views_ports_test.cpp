#include "views_bed.h"

namespace bpfcast {
namespace {

using PortsViewTest = ViewsBed;

TEST_F(PortsViewTest, PortsShowStateTrafficAndIgmpCounters) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  std::vector<std::uint8_t> broken =
      Codec<Igmp>::Serialize(bpfcast::Report<Igmp>{Version::kV3, {{RecordType::kToEx, kGroup, {}}}}, kHost)
          .bytes;
  broken.back() ^= 1;
  proxy_.OnPacket(kLan1, broken, kStart, effects_);
  Report(kLan1, MakeIpv4(10, 9, 9, 9), {RecordType::kToEx, kGroup, {}}, kStart);
  ports_[1].receive_overflows = 5;
  ports_[2].waiting = "link is down";
  ports_[2].hook.reset();
  ports_[2].ipv4 = {{Service::kWaits, "link is down"}, ""};
  DatapathCounters counters;
  counters.ports.push_back({kLan1,
                            {10, 1000},
                            {20, 2000},
                            {{"noroute", 4}, {"rpf", 2}, {"hdr", 0}},
                            {{"thr", 0}, {"mtu", 1}, {"down", 2}}});

  const Json ports = Ports(kStart, counters);
  ASSERT_EQ(ports.size(), 3u);
  EXPECT_EQ(ports[0].at("role"), "upstream");
  const Json& lan1 = ports[1];
  EXPECT_EQ(lan1.at("name"), "lan1");
  EXPECT_EQ(lan1.at("role"), "downstream");
  EXPECT_EQ(lan1.at("state"), "up");
  EXPECT_EQ(lan1.at("reason"), "");
  EXPECT_EQ(lan1.at("ifindex"), 3);
  EXPECT_EQ(lan1.at("address"), "192.0.1.2");
  EXPECT_EQ(lan1.at("hook"), "tc");
  EXPECT_EQ(lan1.at("hook_reason"), "configured");
  EXPECT_EQ(lan1.at("rx_packets"), 10);
  EXPECT_EQ(lan1.at("rx_bytes"), 1000);
  EXPECT_EQ(lan1.at("tx_packets"), 20);
  EXPECT_EQ(lan1.at("tx_bytes"), 2000);
  EXPECT_EQ(lan1.at("tx_dropped"), 3);
  EXPECT_EQ(lan1.at("rx_drops"), Json::parse(R"({"noroute": 4, "rpf": 2})"));
  EXPECT_EQ(lan1.at("tx_drops"), Json::parse(R"({"mtu": 1, "down": 2})"));
  EXPECT_EQ(ports[2].at("tx_drops"), Json::object());
  EXPECT_EQ(lan1.at("reports_received"), 2);
  EXPECT_EQ(lan1.at("ipv4").at("foreign_received"), 1);  // A-08
  EXPECT_EQ(lan1.at("ipv6").at("foreign_received"), 0);
  EXPECT_EQ(lan1.at("queries_sent"), 1);  // C-50: the first startup query
  EXPECT_EQ(lan1.at("igmp_overflows"), 5);
  EXPECT_EQ(lan1.at("igmp_drops").at("CSUM"), 1);
  EXPECT_EQ(lan1.at("igmp_drops").at("TTL"), 0);
  EXPECT_EQ(lan1.at("igmp_drops").size(), static_cast<std::size_t>(DropReason::kCount));
  EXPECT_EQ(ports[2].at("state"), "waiting");
  EXPECT_EQ(ports[2].at("reason"), "link is down");
  EXPECT_TRUE(ports[2].at("hook").is_null());
  EXPECT_TRUE(ports[2].at("address").is_null());
}

TEST_F(PortsViewTest, ADownstreamThatNobodyElseServesIsQueriedByUs) {
  const Json lan1 = Ports(kStart)[1];
  EXPECT_EQ(lan1.at("version"), 3);
  EXPECT_EQ(lan1.at("querier"),
            Json::parse(R"({"role": "querier", "address": "192.0.1.2", "expires_s": null, "version": 3})"));
  EXPECT_TRUE(lan1.at("host").is_null());
}

TEST_F(PortsViewTest, AnotherQuerierIsShownUntilItIsGivenUp) {
  // C-51: the lower address wins. B-05: 2 * 125 s + 10 s / 2 after its query at 10 s.
  GeneralQuery(kLan1, MakeIpv4(192, 0, 1, 1), Version::kV3, kStart + seconds(10));
  const Json ports = Ports(kStart + seconds(30));
  EXPECT_EQ(ports[1].at("querier"),
            Json::parse(R"({"role": "other", "address": "192.0.1.1", "expires_s": 235.0, "version": 3})"));
  EXPECT_EQ(ports[2].at("querier").at("role"), "querier");
}

TEST_F(PortsViewTest, ADownstreamThatIsDownHasNoQuerier) {
  Link(kLan1, std::nullopt);
  EXPECT_EQ(Ports(kStart)[1].at("querier"),
            Json::parse(R"({"role": "none", "address": null, "expires_s": null, "version": 3})"));
}

TEST_F(PortsViewTest, MessagesAreCountedByTheirVersion) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  for (const auto& record : {GroupRecord<Igmp>{RecordType::kIsEx, kGroup, {}},
                             GroupRecord<Igmp>{RecordType::kToIn, kGroup, {}}}) {  // an IGMPv2 leave
    const bpfcast::Report<Igmp> report{Version::kV2, {record}};
    proxy_.OnPacket(kLan1, Codec<Igmp>::Serialize(report, kHost).bytes, kStart, effects_);
  }
  GeneralQuery(kLan1, MakeIpv4(192, 0, 1, 9), Version::kV2, kStart);
  const Json lan1 = Ports(kStart)[1];
  EXPECT_EQ(lan1.at("ipv4").at("reports_by_version"), Json::parse(R"({"v1": 0, "v2": 2, "v3": 1})"));
  EXPECT_EQ(lan1.at("ipv4").at("queries_by_version"), Json::parse(R"({"v1": 0, "v2": 1, "v3": 0})"));
  EXPECT_EQ(lan1.at("ipv4").at("reports_received"), 3);
  EXPECT_EQ(lan1.at("ipv6").at("reports_by_version"), Json::parse(R"({"v1": 0, "v2": 0})")) << "MLD";
}

TEST_F(PortsViewTest, AnOlderQuerierDownstreamLowersTheVersionThatIsSpoken) {
  GeneralQuery(kLan1, MakeIpv4(192, 0, 1, 9), Version::kV2, kStart);  // C-62
  const Json ports = Ports(kStart);
  EXPECT_EQ(ports[1].at("version"), 2);
  EXPECT_EQ(ports[1].at("querier").at("version"), 2);
  EXPECT_EQ(ports[2].at("version"), 3);
}

TEST_F(PortsViewTest, TheUpstreamShowsTheHostSide) {
  const Json eth0 = Ports(kStart)[0];
  EXPECT_EQ(eth0.at("version"), 3);
  EXPECT_EQ(eth0.at("host"), Json::parse(R"({"version": 3, "expires_s": null})"));
  EXPECT_TRUE(eth0.at("querier").is_null());
}

TEST_F(PortsViewTest, AnOlderQuerierUpstreamIsFollowedForItsTime) {
  GeneralQuery(kUpstream, MakeIpv4(192, 0, 0, 1), Version::kV2, kStart);
  // D-20, B-12: 2 * 125 s + 10 s.
  const Json eth0 = Ports(kStart + seconds(20))[0];
  EXPECT_EQ(eth0.at("version"), 2);
  EXPECT_EQ(eth0.at("host"), Json::parse(R"({"version": 2, "expires_s": 240.0})"));
}

TEST_F(PortsViewTest, StatusSumsUp) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {kSource}}, kStart);
  Report(kLan2, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  DatapathCounters counters;
  counters.drops = {{"ttl", 4}, {"rpf", 0}};
  const InstanceView instance{"home", "1.2.3", 42, seconds(90), "/etc/x.toml", "/sys/fs/bpf/bpfcast/home"};
  const Json status = Json::parse(StatusJson(instance, ports_, ipv4_, ipv6_, counters, kStart));
  EXPECT_EQ(status.at("instance"), "home");
  EXPECT_EQ(status.at("version"), "1.2.3");
  EXPECT_EQ(status.at("pid"), 42);
  EXPECT_EQ(status.at("uptime_s"), 90.0);
  EXPECT_EQ(status.at("config"), "/etc/x.toml");
  EXPECT_EQ(status.at("state"), "running");
  EXPECT_EQ(status.at("bpffs"), "/sys/fs/bpf/bpfcast/home");
  EXPECT_EQ(status.at("upstream").at("name"), "eth0");
  EXPECT_EQ(status.at("upstream").at("host").at("version"), 3);
  ASSERT_EQ(status.at("downstreams").size(), 2u);
  EXPECT_EQ(status.at("downstreams")[0].at("querier").at("role"), "querier");
  EXPECT_EQ(status.at("groups"), 1);
  EXPECT_EQ(status.at("routes"), 2);  // E-36: (*,G), and (S,G) for the source that lan1 blocks
  EXPECT_EQ(status.at("drops"), Json({{"ttl", 4}, {"rpf", 0}}));
}

TEST_F(PortsViewTest, AFileNameThatIsNotUtf8IsStillShown) {
  const InstanceView instance{"default", "1", 1, {}, "/etc/\xff.toml", "/sys/fs/bpf"};
  EXPECT_EQ(Json::parse(StatusJson(instance, ports_, ipv4_, ipv6_, {}, kStart)).at("config"),
            "/etc/\xEF\xBF\xBD.toml");
}

TEST_F(PortsViewTest, AReloadSaysWhatItChanged) {
  using Kind = PrintedValue::Kind;
  const std::vector<ConfigChange> changes = {
      {"lan1", "query-interval", PrintedValue{Kind::kSeconds, {"125"}, {}},
       PrintedValue{Kind::kSeconds, {"14.4", "15"}, {}}, TakesEffect::kAtOnce},
      {"wan0", "altnet", PrintedValue{Kind::kList, {"10.0.0.0/8", "10.9.0.0/16"}, {}},
       PrintedValue{Kind::kList, {"10.0.0.0/8", "10.1.0.0/16"}, {}}, TakesEffect::kAtOnce},
      {"", "user", std::nullopt, PrintedValue{Kind::kText, {"true"}, {}}, TakesEffect::kAtNextStart},
      {"lan2", "fast-leave", PrintedValue{Kind::kWord, {"false"}, {}},
       PrintedValue{Kind::kWord, {"always"}, {}}, TakesEffect::kAtOnce}};
  EXPECT_EQ(Json::parse(ReloadJson(changes)), Json::parse(R"json({"changed": [
      {"interface": "lan1", "setting": "query-interval", "before": 125.0, "after": {"ipv4": 14.4, "ipv6": 15.0},
       "added": [], "removed": [], "takes_effect": "now",
       "text": "lan1: query-interval 125 s -> 14.4 s (IGMP), 15 s (MLD)"},
      {"interface": "wan0", "setting": "altnet", "before": ["10.0.0.0/8", "10.9.0.0/16"],
       "after": ["10.0.0.0/8", "10.1.0.0/16"], "added": ["10.1.0.0/16"], "removed": ["10.9.0.0/16"],
       "takes_effect": "now", "text": "wan0: altnet added 10.1.0.0/16, removed 10.9.0.0/16"},
      {"interface": null, "setting": "user", "before": null, "after": "true", "added": [], "removed": [],
       "takes_effect": "next start", "text": "user unset -> true (at the next start)"},
      {"interface": "lan2", "setting": "fast-leave", "before": false, "after": "always", "added": [],
       "removed": [], "takes_effect": "now", "text": "lan2: fast-leave false -> always"}]})json"));
  EXPECT_EQ(Json::parse(ReloadJson({})), Json::parse(R"({"changed": []})"));
}

}  // namespace
}  // namespace bpfcast
