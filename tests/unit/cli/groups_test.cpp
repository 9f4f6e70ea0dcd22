#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

TEST(GroupsText, IsASentenceWhenThereAreNone) {
  const std::string sentence = "no groups: no host on a downstream interface has joined one\n";
  EXPECT_EQ(GroupsText(Json::array()), sentence);
  EXPECT_EQ(GroupDetailsText(Json::array()), sentence);
}

TEST(GroupsText, IsALineForEachGroupOnEachPort) {
  Json specific = GroupAnswer("239.1.2.20", "lan2");
  specific["mode"] = "include";
  specific["sources"] = {"10.0.0.1", "10.0.0.2"};
  Json blocking = GroupAnswer("239.1.2.30", "lan2");
  blocking["sources"] = {"10.0.0.1"};
  blocking["host_version"] = 2;
  EXPECT_EQ(GroupsText({GroupAnswer("239.1.2.3", "lan1"), specific, blocking}),
            "GROUP       PORT  EXPIRES  PACKETS  HOSTS   LAST REPORTER  SOURCES\n"
            "239.1.2.3   lan1   4m 10s    1 234  IGMPv3  192.0.2.10     all\n"
            "239.1.2.20  lan2   4m 10s    1 234  IGMPv3  192.0.2.10     only 10.0.0.1 10.0.0.2\n"
            "239.1.2.30  lan2   4m 10s    1 234  IGMPv2  192.0.2.10     all but 10.0.0.1\n");
}

TEST(GroupsText, StaticMembershipsHaveNoHostAndNoEnd) {
  Json alone = GroupAnswer("239.1.2.3", "lan1");
  for (const char* of_hosts : {"expires_s", "host_version", "last_reporter"}) alone[of_hosts] = nullptr;
  alone["hosts"] = Json::array();
  alone["static"] = {{"mode", "exclude"}, {"sources", Json::array()}};
  Json shared = GroupAnswer("239.1.2.20", "lan1");
  shared["static"] = {{"mode", "include"}, {"sources", {"10.0.0.1"}}};
  EXPECT_EQ(GroupsText({alone, shared}),
            "GROUP       PORT  EXPIRES  PACKETS  HOSTS   LAST REPORTER       SOURCES\n"
            "239.1.2.3   lan1        -    1 234  -       static              all\n"
            "239.1.2.20  lan1   4m 10s    1 234  IGMPv3  192.0.2.10, static  all\n");
  const std::string details = GroupDetailsText({alone, shared});
  EXPECT_THAT(details, HasSubstr("  lan1  no host has reported it\n    static membership: all\n"));
  EXPECT_THAT(details, HasSubstr("    static membership: only 10.0.0.1\n"));
}

TEST(GroupsText, Ipv6StandsInTheSameTable) {
  Json specific = Ipv6GroupAnswer("ff3e::8000:1", "lan2");
  specific["mode"] = "include";
  specific["sources"] = {"2001:db8::1"};
  Json older = Ipv6GroupAnswer("ff0e::1234", "lan1");
  older["host_version"] = 1;
  EXPECT_EQ(GroupsText({GroupAnswer("239.1.2.3", "lan1"), older, specific}),
            "GROUP         PORT  EXPIRES  PACKETS  HOSTS   LAST REPORTER  SOURCES\n"
            "239.1.2.3     lan1   4m 10s    1 234  IGMPv3  192.0.2.10     all\n"
            "ff0e::1234    lan1   4m 10s    1 234  MLDv1   fe80::a        all\n"
            "ff3e::8000:1  lan2   4m 10s    1 234  MLDv2   fe80::a        only 2001:db8::1\n");
}

TEST(GroupsText, SaysWhyMembersGetNothing) {
  Json row = GroupAnswer("239.1.2.3", "lan1");
  row["withheld"] = "192.0.2.1 is the querier";
  EXPECT_THAT(GroupsText(Json::array({row})), EndsWith("  all (not forwarded: 192.0.2.1 is the querier)\n"));
}

TEST(GroupsText, X_03_SaysWhatNobodyHasReportedToThisAgent) {
  Json row = GroupAnswer("239.1.2.3", "lan1");
  row["stale"] = true;
  EXPECT_THAT(GroupsText(Json::array({row})), HasSubstr("  none since start  all\n"));
  EXPECT_THAT(GroupDetailsText(Json::array({row})),
              HasSubstr(", taken over from the agent before, not reported since\n"));
}

TEST(GroupDetailsText, IsABlockForEachGroupWithItsPorts) {
  Json lan1 = GroupAnswer("239.1.2.3", "lan1");
  lan1["sources"] = {"10.0.0.1"};
  lan1["requested"] = {"10.0.0.2"};
  lan1["source_timers"] = Json::array({{{"source", "10.0.0.2"}, {"expires_s", 65.0}}});
  lan1["host_version"] = 2;
  lan1["hosts"].push_back({{"address", "192.0.2.11"},
                           {"version", 2},
                           {"mode", "exclude"},
                           {"last_report_s", 1.5},
                           {"expires_s", 100.0}});
  Json lan2 = GroupAnswer("239.1.2.3", "lan2");
  lan2["hosts"] = Json::array();
  lan2["withheld"] = "192.0.3.1 is the querier";
  Json other = GroupAnswer("239.1.2.4", "lan1");
  other["asked_upstream"] = {{"mode", "include"}, {"sources", {"10.0.0.9"}}};
  EXPECT_EQ(GroupDetailsText({lan1, lan2, other}),
            "239.1.2.3  asked for upstream: all  forwarded: 1 234 packets, 1.5 MB\n"
            "  lan1  exclude mode, ends in 4m 10s, as IGMPv2 (an older host is present)\n"
            "    source 10.0.0.2         wanted, ends in 1m 5s\n"
            "    source 10.0.0.1         blocked\n"
            "    host   192.0.2.10       IGMPv3, exclude mode, reported 20.0s ago, ends in 4m 10s\n"
            "    host   192.0.2.11       IGMPv2, exclude mode, reported 1.5s ago, ends in 1m 40s\n"
            "  lan2  exclude mode, ends in 4m 10s, as IGMPv3, not forwarded: 192.0.3.1 is the querier\n"
            "\n"
            "239.1.2.4  asked for upstream: only 10.0.0.9  forwarded: 1 234 packets, 1.5 MB\n"
            "  lan1  exclude mode, ends in 4m 10s, as IGMPv3\n"
            "    host   192.0.2.10       IGMPv3, exclude mode, reported 20.0s ago, ends in 4m 10s\n");
}

TEST(GroupDetailsText, MakesRoomForLongAddressesAndNamesMld) {
  Json row = Ipv6GroupAnswer("ff0e::1234", "lan1");
  row["sources"] = {"2001:db8:1:2:3:4:5:6"};
  row["host_version"] = 1;
  EXPECT_EQ(GroupDetailsText(Json::array({row})),
            "ff0e::1234  asked for upstream: all  forwarded: 1 234 packets, 1.5 MB\n"
            "  lan1  exclude mode, ends in 4m 10s, as MLDv1 (an older host is present)\n"
            "    source 2001:db8:1:2:3:4:5:6  blocked\n"
            "    host   fe80::a               MLDv2, exclude mode, reported 20.0s ago, ends in 4m 10s\n");
}

}  // namespace
}  // namespace bpfcast
