#include <cstdio>
#include <ctime>

#include "views_bed.h"

namespace bpfcast {
namespace {

using GroupsViewTest = ViewsBed;

TEST_F(GroupsViewTest, NoGroupsAreAnEmptyArray) {
  EXPECT_EQ(GroupsJson(ports_, proxy_, routes_, kStart), "[]");
}

TEST_F(GroupsViewTest, AnAnySourceMemberIsExcludeOfNothingUntilItsTimerEnds) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  // The packets of a group are those of all its routes.
  routes_ = {{{Ipv4Address(), kGroup}, {7, 700}, 1},
             {{kSource, kGroup}, {3, 30}, 0},
             {{kSource, kOther}, {9, 9}, 0}};
  // GMI = 2 * 125 s + 2 * 10 s (B-04), for the group timer and for the host (C-80).
  EXPECT_EQ(Groups(kStart + seconds(20)),
            Json::parse(R"([{"family": "ipv4", "group": "239.1.2.3", "port": "lan1", "mode": "exclude",
      "sources": [], "requested": [], "expires_s": 250.0, "source_timers": [],
      "host_version": 3, "last_reporter": "192.0.1.10", "stale": false,
      "hosts": [{"address": "192.0.1.10", "version": 3, "mode": "exclude",
                 "last_report_s": 20.0, "expires_s": 250.0}],
      "static": null, "withheld": "", "asked_upstream": {"mode": "exclude", "sources": []},
      "forwarded_packets": 10, "forwarded_bytes": 730}])"));
}

TEST_F(GroupsViewTest, ASourceSpecificMemberListsItsSourcesWithTheirTimers) {
  Report(kLan2, kHost, {RecordType::kAllow, kGroup, {kSource}}, kStart);
  Report(kLan2, kHost, {RecordType::kAllow, kGroup, {kOther}}, kStart + seconds(5));
  const Json groups = Groups(kStart + seconds(5));
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].at("mode"), "include");
  EXPECT_EQ(groups[0].at("sources"), Json({"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(groups[0].at("requested"), Json::array());
  EXPECT_EQ(groups[0].at("source_timers"), Json::parse(R"([{"source": "10.0.0.1", "expires_s": 265.0},
                                                           {"source": "10.0.0.2", "expires_s": 270.0}])"));
  // The group lasts as long as the last of its sources.
  EXPECT_EQ(groups[0].at("expires_s"), 270.0);
}

TEST_F(GroupsViewTest, ExcludeShowsBlockedAndRequestedSourcesApart) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {kSource}}, kStart);
  Report(kLan1, kHost, {RecordType::kAllow, kGroup, {kOther}}, kStart);
  const Json groups = Groups(kStart);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].at("mode"), "exclude");
  // INCLUDE () + TO_EX (B) -> EXCLUDE ({}, B); then ALLOW (A) -> X + A.
  EXPECT_EQ(groups[0].at("sources"), Json({"10.0.0.1"}));
  EXPECT_EQ(groups[0].at("requested"), Json({"10.0.0.2"}));
  EXPECT_EQ(groups[0].at("source_timers"), Json::parse(R"([{"source": "10.0.0.2", "expires_s": 270.0}])"));
}

TEST_F(GroupsViewTest, E_07_StaticMembershipsStandBesideThoseOfHosts) {
  InterfaceConfig lan1 = DefaultInterface(PortRole::kDownstream, {});
  auto& memberships = lan1.ipv4.downstream.static_memberships;
  memberships = {{kGroup, std::nullopt}, {MakeIpv4(232, 1, 1, 1), kSource}};
  ports_[1].config = &lan1;
  DownstreamConfig<Igmp> downstream = Downstream(kLan1);
  downstream.static_memberships = memberships;
  proxy_.SetDownstream(downstream, kStart, effects_);
  Report(kLan1, kHost, {RecordType::kAllow, kGroup, {kOther}}, kStart);
  const Json groups = Groups(kStart);
  ASSERT_EQ(groups.size(), 2u);
  const Json& alone = groups[0];
  EXPECT_EQ(alone.at("group"), "232.1.1.1");
  EXPECT_EQ(alone.at("mode"), "include");
  EXPECT_EQ(alone.at("sources"), Json({"10.0.0.1"}));
  EXPECT_EQ(alone.at("static"), Json::parse(R"({"mode": "include", "sources": ["10.0.0.1"]})"));
  EXPECT_EQ(alone.at("withheld"), "");
  for (const char* of_hosts : {"expires_s", "host_version", "last_reporter"}) {
    EXPECT_TRUE(alone.at(of_hosts).is_null()) << of_hosts;
  }
  EXPECT_EQ(alone.at("hosts"), Json::array());
  const Json& shared = groups[1];
  EXPECT_EQ(shared.at("group"), "239.1.2.3");
  EXPECT_EQ(shared.at("mode"), "include") << "what hosts have";
  EXPECT_EQ(shared.at("static"), Json::parse(R"({"mode": "exclude", "sources": []})"));
  EXPECT_EQ(shared.at("last_reporter"), "192.0.1.10");
}

TEST_F(GroupsViewTest, GroupsAreSortedByAddressThenPort) {
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

TEST_F(GroupsViewTest, EveryHostIsShownInItsVersionAndMode) {
  Report(kLan1, kHost, {RecordType::kIsEx, kGroup, {}}, kStart, Version::kV2);
  Report(kLan1, kHost2, {RecordType::kAllow, kGroup, {kSource}}, kStart + seconds(10));
  const Json groups = Groups(kStart + seconds(30));
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].at("host_version"), 2);  // C-64
  EXPECT_EQ(groups[0].at("hosts"), Json::parse(R"([
      {"address": "192.0.1.10", "version": 2, "mode": "exclude", "last_report_s": 30.0, "expires_s": 240.0},
      {"address": "192.0.1.11", "version": 3, "mode": "include", "last_report_s": 20.0, "expires_s": 250.0}])"));
}

TEST_F(GroupsViewTest, AHostThatWasSilentForItsTimeIsNotShown) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  Report(kLan1, kHost2, {RecordType::kToEx, kGroup, {}}, kStart + seconds(100));
  const Json groups = Groups(kStart + seconds(270));  // B-04: the interval of the first ends now
  ASSERT_EQ(groups.size(), 1u);
  ASSERT_EQ(groups[0].at("hosts").size(), 1u);
  EXPECT_EQ(groups[0].at("hosts")[0].at("address"), "192.0.1.11");
}

TEST_F(GroupsViewTest, MergedIsWhatAllPortsTogetherWant) {
  Report(kLan1, kHost, {RecordType::kAllow, kGroup, {kSource}}, kStart);
  Report(kLan2, kHost, {RecordType::kAllow, kGroup, {kOther}}, kStart);
  for (const Json& group : Groups(kStart)) {
    // E-03: both include, so the union.
    EXPECT_EQ(group.at("asked_upstream"),
              Json::parse(R"({"mode": "include", "sources": ["10.0.0.1", "10.0.0.2"]})"));
  }
}

TEST_F(GroupsViewTest, MembersBehindAnotherQuerierGetNothingAndAreToldWhy) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  Report(kLan2, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  GeneralQuery(kLan1, MakeIpv4(192, 0, 1, 1), Version::kV3, kStart);  // C-57
  const Json groups = Groups(kStart);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].at("withheld"), "192.0.1.1 is the querier");
  EXPECT_EQ(groups[1].at("withheld"), "");
}

TEST_F(GroupsViewTest, MembersThatALaterAccessListRefusesAreToldWhy) {
  Report(kLan1, kHost, {RecordType::kToEx, kGroup, {}}, kStart);
  DownstreamConfig<Igmp> closed = Downstream(kLan1);
  closed.access.otherwise = Access::kDeny;
  proxy_.SetDownstream(closed, kStart, effects_);
  for (const Json& group : Groups(kStart)) {
    EXPECT_EQ(group.at("withheld"), "the access list refuses it");
  }
}

TEST_F(GroupsViewTest, TenThousandGroupsAreShownWhileNobodyWaits) {
  constexpr unsigned kGroups = 10'000;
  for (unsigned i = 0; i < kGroups; ++i) {
    const Ipv4Address group =
        MakeIpv4(239, 2, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
    Report(i % 2 == 0 ? kLan1 : kLan2, kHost, {RecordType::kToEx, group, {kSource}}, kStart);
  }
  // The time of this process, whatever else the machine does.
  const std::clock_t begin = std::clock();
  const std::string text = GroupsJson(ports_, proxy_, routes_, kStart);
  const double took_ms = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("10 000 groups: %.0f ms, %zu kB\n", took_ms, text.size() / 1000);
  const Json groups = Json::parse(text);
  EXPECT_EQ(groups.size(), kGroups);
  EXPECT_EQ(groups.back().at("group"), "239.2.39.15");
  // The loop does nothing else meanwhile; 200 ms are wanted. The limit has room for slow machines and
  // sanitizers, and none for work that grows with the square.
  EXPECT_LT(took_ms, 5000);
}

}  // namespace
}  // namespace bpfcast
