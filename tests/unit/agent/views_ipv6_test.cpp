// IPv6 in the views: the same rows, with MLD's words and its count of versions.
#include "views_bed.h"

namespace bpfcast {
namespace {

using Ipv6ViewsTest = ViewsBedOf<Mld>;

TEST_F(Ipv6ViewsTest, AMemberIsARowOfItsFamily) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  routes_ = {{{Ipv6Address(), kGroup}, {7, 700}, 1}};
  // MALI = 2 * 125 s + 2 * 10 s (B-04).
  EXPECT_EQ(Groups(kStart + seconds(20)),
            Json::parse(R"([{"family": "ipv6", "group": "ff0e::3", "port": "lan1",
      "mode": "exclude", "sources": [], "requested": [], "expires_s": 250.0, "source_timers": [],
      "host_version": 2, "last_reporter": "fe80::10", "stale": false,
      "hosts": [{"address": "fe80::10", "version": 2, "mode": "exclude",
                 "last_report_s": 20.0, "expires_s": 250.0}],
      "static": null, "withheld": "", "asked_upstream": {"mode": "exclude", "sources": []},
      "forwarded_packets": 7, "forwarded_bytes": 700}])"));
}

TEST_F(Ipv6ViewsTest, AnOlderHostSpeaksMldVersion1) {
  Report(kLan1, kHost, {RecordType::kIsEx, kGroup, {}}, kStart, Version::kV2);
  const Json groups = Groups(kStart);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].at("host_version"), 1);  // C-64
  EXPECT_EQ(groups[0].at("hosts")[0].at("version"), 1);
}

TEST_F(Ipv6ViewsTest, AStreamIsARowOfItsFamily) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  FlowCounters<Mld> flow;
  flow.key = {kSource, kGroup};
  flow.arrival = kUpstream;
  const Json flows = Flows({flow}, kStart);
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_EQ(flows[0].at("family"), "ipv6");
  EXPECT_EQ(flows[0].at("group"), "ff0e::3");
  EXPECT_EQ(flows[0].at("source"), "2001::1");
  EXPECT_EQ(flows[0].at("ports"), Json({"lan1"}));
}

TEST_F(Ipv6ViewsTest, APortTellsEachFamilyByItself) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  ports_[1].ipv4 = {{Service::kWaits, "no IPv4 address"}, ""};
  const Json lan1 = Ports(kStart)[1];
  EXPECT_EQ(lan1.at("state"), "up");
  EXPECT_EQ(lan1.at("ipv4").at("state"), "waiting");
  EXPECT_EQ(lan1.at("ipv4").at("reason"), "no IPv4 address");
  EXPECT_TRUE(lan1.at("ipv4").at("address").is_null());
  EXPECT_EQ(lan1.at("ipv4").at("reports_received"), 0);
  const Json& ipv6 = lan1.at("ipv6");
  EXPECT_EQ(ipv6.at("family"), "ipv6");
  EXPECT_EQ(ipv6.at("state"), "up");
  EXPECT_EQ(ipv6.at("reason"), "");
  EXPECT_EQ(ipv6.at("address"), "fe80::3");
  EXPECT_EQ(ipv6.at("version"), 2);
  EXPECT_EQ(ipv6.at("reports_received"), 1);
  EXPECT_EQ(ipv6.at("queries_sent"), 1);  // C-50
  EXPECT_EQ(ipv6.at("drops").at("RA"), 0);
  EXPECT_EQ(ipv6.at("querier"),
            Json::parse(R"({"role": "querier", "address": "fe80::3", "expires_s": null, "version": 2})"));
}

TEST_F(Ipv6ViewsTest, WhatIsNotExpectedToWorkIsOff) {
  ports_[1].ipv6 = {{Service::kAbsent, "no IPv6 address"}, ""};
  ports_[2].ipv6 = {{Service::kOff, "not configured"}, ""};
  const Json ports = Ports(kStart);
  EXPECT_EQ(ports[1].at("ipv6").at("state"), "off");
  EXPECT_EQ(ports[2].at("ipv6").at("state"), "off");
  EXPECT_EQ(ports[2].at("ipv6").at("reason"), "not configured");
}

TEST_F(Ipv6ViewsTest, AnotherQuerierAndAnOlderOneAreToldByMldsCount) {
  GeneralQuery(kLan1, ShortIpv6(0xfe, 0x80, 1), Version::kV3, kStart);  // C-52
  GeneralQuery(kUpstream, ShortIpv6(0xfe, 0x80, 1), Version::kV2, kStart);
  const Json ports = Ports(kStart);
  EXPECT_EQ(ports[1].at("ipv6").at("querier").at("role"), "other");
  EXPECT_EQ(ports[1].at("ipv6").at("querier").at("address"), "fe80::1");
  EXPECT_EQ(ports[1].at("querier").at("role"), "none") << "IGMP is another matter: its links are down here";
  EXPECT_EQ(ports[0].at("ipv6").at("host").at("version"), 1);
  EXPECT_EQ(ports[0].at("ipv6").at("version"), 1);
}

TEST_F(Ipv6ViewsTest, StatusAddsUpAndTellsApart) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {kSource}}, kStart);
  const Json status = Json::parse(StatusJson(InstanceView(), ports_, ipv4_, ipv6_, {}, kStart));
  EXPECT_EQ(status.at("groups"), 1);
  EXPECT_EQ(status.at("routes"), 2);  // E-36: (*,G), and (S,G) for the blocked source
  EXPECT_EQ(status.at("ipv4"), Json({{"groups", 0}, {"routes", 0}}));
  EXPECT_EQ(status.at("ipv6"), Json({{"groups", 1}, {"routes", 2}}));
}

TEST(JoinArrays, PutsOneBehindTheOther) {
  EXPECT_EQ(JoinArrays("[1]", "[2,3]"), "[1,2,3]");
  EXPECT_EQ(JoinArrays("[]", "[2]"), "[2]");
  EXPECT_EQ(JoinArrays("[1]", "[]"), "[1]");
  EXPECT_EQ(JoinArrays("[]", "[]"), "[]");
}

}  // namespace
}  // namespace bpfcast
