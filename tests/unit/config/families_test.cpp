// Settings that both families share, and how each takes them: versions, timing, lists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include "config/config.h"

namespace bpfcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A file with these lines for its only downstream, and these at the top.
tl::expected<Config, ConfigProblems> Parse(const std::string& lines, const std::string& top = {}) {
  return ParseConfig("upstream = \"eth0\"\ndownstream = \"lan1\"\n" + top + "[interface.lan1]\n" + lines,
                     "conf.toml");
}

Ipv6Address Ipv6(const char* text) {
  return *Ipv6Address::Parse(text);
}

TEST(ConfigFamilies, BothAreServedWithTheSameDefaultsUnlessTheFileSaysOtherwise) {
  const auto config = Parse("");
  ASSERT_TRUE(config);
  for (const InterfaceConfig* each : {&config->upstream, &config->downstreams[0]}) {
    EXPECT_TRUE(each->ipv4.served);
    EXPECT_TRUE(each->ipv6.served);
    EXPECT_EQ(each->ipv4.version(), Version::kV3);
    EXPECT_EQ(each->ipv6.version(), Version::kV3);
    EXPECT_EQ(each->ipv6.timing().GroupMembershipInterval(), seconds(270));
    EXPECT_EQ(each->ipv4.timing(), each->ipv6.timing());
  }
  EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(ConfigFamilies, AFamilyThatIsSwitchedOffIsOffOnEveryInterface) {
  const auto without_ipv6 = Parse("hook = \"tc\"\n", "ipv6 = false\n");
  ASSERT_TRUE(without_ipv6);
  const auto without_ipv4 = Parse("", "ipv4 = false\n");
  ASSERT_TRUE(without_ipv4);
  for (const auto& get : {+[](const Config& config) { return &config.upstream; },
                          +[](const Config& config) { return &config.downstreams[0]; }}) {
    EXPECT_TRUE(get(*without_ipv6)->ipv4.served);
    EXPECT_FALSE(get(*without_ipv6)->ipv6.served);
    EXPECT_FALSE(get(*without_ipv4)->ipv4.served);
    EXPECT_TRUE(get(*without_ipv4)->ipv6.served);
  }
}

TEST(ConfigFamilies, AnIgmpproxyConfKnowsNoIpv6) {
  const auto config = ParseConfig("phyint eth0 upstream\nphyint lan1 downstream\ndefaultdown", "f");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->upstream.ipv6.served);
  EXPECT_FALSE(config->downstreams[0].ipv6.served);
  EXPECT_FALSE(config->default_downstream->ipv6.served);
}

/// C-60: MLDv1 is the sibling of IGMPv2.
TEST(ConfigFamilies, C_60_EachFamilyHasAVersionOfItsOwn) {
  const auto config = Parse("version = 1\nmld-version = 1\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->downstreams[0].ipv4.version(), Version::kV1);
  EXPECT_EQ(config->downstreams[0].ipv6.version(), Version::kV2);
  EXPECT_EQ(config->upstream.ipv6.version(), Version::kV3);
  EXPECT_EQ(Parse("mld-version = 2\n")->downstreams[0].ipv6.version(), Version::kV3);
}

TEST(ConfigFamilies, AnyFlagsAndAnyScopeAreOneEntry) {
  const auto config = Parse("deny-groups = [\"ffx5::/16\", \"ff3x:7::/32\"]\n");
  ASSERT_TRUE(config);
  const AccessList<Mld>& access = config->downstreams[0].ipv6.access();
  for (const char* denied :
       {"ff05::1", "ff15::1", "ff75::1", "ffa5::1", "fff5::1", "ff3e:7::1", "ff30:7::1"}) {
    EXPECT_FALSE(access.Permits(Ipv6(denied))) << denied;
  }
  for (const char* permitted : {"ff0e::5", "ff08::1", "ff3e:8::1", "ff2e:7::1"}) {
    EXPECT_TRUE(access.Permits(Ipv6(permitted))) << permitted;
  }
}

/// C-85
TEST(ConfigFamilies, C_85_AllowedGroupsOfOneFamilyRestrictThatFamilyAlone) {
  const auto ipv4 = Parse("allow-groups = [\"239.0.0.0/8\"]\n");
  ASSERT_TRUE(ipv4);
  EXPECT_FALSE(ipv4->downstreams[0].ipv4.access().Permits(MakeIpv4(238, 1, 1, 1)));
  EXPECT_TRUE(ipv4->downstreams[0].ipv6.access().Permits(Ipv6("ff1e::1")));
  const auto ipv6 = Parse("allow-groups = [\"ff1e::/16\"]\n");
  ASSERT_TRUE(ipv6);
  EXPECT_TRUE(ipv6->downstreams[0].ipv4.access().Permits(MakeIpv4(238, 1, 1, 1)));
  EXPECT_TRUE(ipv6->downstreams[0].ipv6.access().Permits(Ipv6("ff1e::1")));
  EXPECT_FALSE(ipv6->downstreams[0].ipv6.access().Permits(Ipv6("ff15::1")));
}

TEST(ConfigFamilies, C_85_AnEmptyListAllowsNoGroupOfEither) {
  const auto config = Parse("allow-groups = []\n");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->downstreams[0].ipv4.access().Permits(MakeIpv4(239, 1, 1, 1)));
  EXPECT_FALSE(config->downstreams[0].ipv6.access().Permits(Ipv6("ff1e::1")));
}

TEST(ConfigFamilies, C_85_DeniedSourcesGoToTheirFamily) {
  const auto config = Parse("deny-sources = [\"192.0.2.66\", \"2001:db8::/64\"]\n");
  ASSERT_TRUE(config);
  const InterfaceConfig& lan1 = config->downstreams[0];
  EXPECT_FALSE(lan1.ipv4.access().Permits(MakeIpv4(239, 1, 1, 1), MakeIpv4(192, 0, 2, 66)));
  EXPECT_FALSE(lan1.ipv6.access().Permits(Ipv6("ff1e::1"), Ipv6("2001:db8::1")));
  EXPECT_TRUE(lan1.ipv6.access().Permits(Ipv6("ff1e::1"), Ipv6("2001:db8:1::1")));
}

/// A join of the whole group asks for all senders: it needs permission for them all.
TEST(ConfigFamilies, C_85_AllowedSourcesOfOneFamilyRestrictThatFamilyAlone) {
  const auto config = Parse("allow-sources = [\"10.0.0.0/8\"]\ndeny-sources = [\"10.6.0.0/16\"]\n");
  ASSERT_TRUE(config);
  const AccessList<Igmp>& ipv4 = config->downstreams[0].ipv4.access();
  const Ipv4Address group = MakeIpv4(239, 1, 1, 1);
  EXPECT_TRUE(ipv4.Permits(group, MakeIpv4(10, 1, 1, 1)));
  EXPECT_FALSE(ipv4.Permits(group, MakeIpv4(11, 1, 1, 1)));
  EXPECT_FALSE(ipv4.Permits(group, MakeIpv4(10, 6, 1, 1))) << "denied whatever is allowed";
  EXPECT_FALSE(ipv4.Permits(group));
  const AccessList<Mld>& ipv6 = config->downstreams[0].ipv6.access();
  EXPECT_TRUE(ipv6.Permits(Ipv6("ff1e::1")));
  EXPECT_TRUE(ipv6.Permits(Ipv6("ff1e::1"), Ipv6("2001:db8::1")));
  const auto all = Parse("allow-sources = [\"0.0.0.0/0\"]\n");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->downstreams[0].ipv4.access().Permits(group));
  const auto none = Parse("allow-sources = []\n");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->downstreams[0].ipv4.access().Permits(group, MakeIpv4(10, 1, 1, 1)));
  EXPECT_FALSE(none->downstreams[0].ipv6.access().Permits(Ipv6("ff1e::1"), Ipv6("2001:db8::1")));
}

TEST(ConfigFamilies, C_85_ARuleMayNameASender) {
  const auto config = Parse(
      "group-rules = [\"permit 239.0.0.0/8\", \"deny 10.6.0.0/16@239.1.0.0/16\", "
      "\"permit 2001:db8::1@ff3e::/16\"]\n");
  ASSERT_TRUE(config);
  const AccessList<Igmp>& ipv4 = config->downstreams[0].ipv4.access();
  EXPECT_FALSE(ipv4.Permits(MakeIpv4(239, 1, 1, 1), MakeIpv4(10, 6, 1, 1)));
  EXPECT_TRUE(ipv4.Permits(MakeIpv4(239, 2, 1, 1), MakeIpv4(10, 6, 1, 1)));
  EXPECT_TRUE(ipv4.Permits(MakeIpv4(239, 1, 1, 1), MakeIpv4(10, 7, 1, 1)));
  EXPECT_TRUE(ipv4.Permits(MakeIpv4(239, 1, 1, 1)));
  const AccessList<Mld>& ipv6 = config->downstreams[0].ipv6.access();
  EXPECT_TRUE(ipv6.Permits(Ipv6("ff3e::1"), Ipv6("2001:db8::1")));
  EXPECT_FALSE(ipv6.Permits(Ipv6("ff3e::1"), Ipv6("2001:db8::2")));
  EXPECT_FALSE(ipv6.Permits(Ipv6("ff3e::1")));
}

TEST(ConfigFamilies, HostsOfOneFamilyRestrictThatFamilyAlone) {
  const auto config = Parse("allow-hosts = [\"192.0.2.0/28\"]\ndeny-hosts = [\"192.0.2.3\", \"fe80::7\"]\n");
  ASSERT_TRUE(config);
  const HostList<Igmp>& ipv4 = config->downstreams[0].ipv4.downstream.hosts;
  EXPECT_TRUE(ipv4.Permits(MakeIpv4(192, 0, 2, 1)));
  EXPECT_FALSE(ipv4.Permits(MakeIpv4(192, 0, 2, 3)));
  EXPECT_FALSE(ipv4.Permits(MakeIpv4(192, 0, 2, 16)));
  EXPECT_FALSE(ipv4.Permits(Ipv4Address())) << "0.0.0.0 is nobody that is allowed";
  const HostList<Mld>& ipv6 = config->downstreams[0].ipv6.downstream.hosts;
  EXPECT_TRUE(ipv6.Permits(Ipv6("fe80::1")));
  EXPECT_FALSE(ipv6.Permits(Ipv6("fe80::7")));
  const auto denied = Parse("deny-hosts = [\"192.0.2.3\"]\n");
  ASSERT_TRUE(denied);
  EXPECT_TRUE(denied->downstreams[0].ipv4.downstream.hosts.Permits(Ipv4Address()));
  const auto none = Parse("allow-hosts = []\n");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->downstreams[0].ipv4.downstream.hosts.Permits(MakeIpv4(192, 0, 2, 1)));
  EXPECT_FALSE(none->downstreams[0].ipv6.downstream.hosts.Permits(Ipv6("fe80::1")));
}

//
TEST(ConfigFamilies, HostsThatCannotSpeakMldAreAWarning) {
  for (const char* hosts : {"fe80::/10", "fe80::7", "::/0", "fe00::/8"}) {
    EXPECT_THAT(Parse(std::string("deny-hosts = [\"") + hosts + "\"]\n")->warnings, IsEmpty()) << hosts;
  }
  for (const char* hosts : {"2001:db8::/32", "fec0::/10", "::1"}) {
    EXPECT_THAT(Parse(std::string("allow-hosts = [\"") + hosts + "\"]\n")->warnings,
                ElementsAre(HasSubstr("MLD comes from link-local addresses (fe80::/10)")))
        << hosts;
  }
}

TEST(ConfigFamilies, OtherSourcesGoToTheirFamily) {
  const auto config = Parse("altnet = [\"2001:db8::/32\", \"10.0.0.0/8\"]\n");
  ASSERT_TRUE(config);
  const InterfaceConfig& lan1 = config->downstreams[0];
  EXPECT_THAT(lan1.ipv4.other_sources, ElementsAre(Prefix<Ipv4Address>{MakeIpv4(10, 0, 0, 0), 8}));
  EXPECT_THAT(lan1.ipv6.other_sources, ElementsAre(Prefix<Ipv6Address>{Ipv6("2001:db8::"), 32}));
}

// ---- TB-02, B-01..B-03: the limits hold for each family that is served, and are said once.

struct Refused {
  std::string top;
  std::string lines;
  std::vector<std::string> problems;
};
void PrintTo(const Refused& row, std::ostream* out) {
  for (const char c : row.top + row.lines)
    *out << (std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
}

class TimingLimits : public testing::TestWithParam<Refused> {};

TEST_P(TimingLimits, TB_02_WhatCannotBeIsRefused) {
  const auto config = Parse(GetParam().lines, GetParam().top);
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), GetParam().problems.size()) << config.error().front();
  for (std::size_t i = 0; i < config.error().size(); ++i) {
    EXPECT_THAT(config.error()[i], HasSubstr(GetParam().problems[i]));
  }
}

std::vector<Refused> RefusedTimings() {
  std::vector<Refused> rows;
  for (const char* top : {"", "ipv4 = false\n", "ipv6 = false\n"}) {
    const std::string line = *top == '\0' ? "4:" : "5:";
    rows.push_back({top, "robustness = 0\n", {line + "14: robustness 0 is out of range"}});
    rows.push_back({top, "query-interval = 10\n", {"query-response-interval 10s is out of range"}});
    rows.push_back({top, "query-interval = 9\n", {"query-response-interval 10s is out of range"}});
    rows.push_back({top, "query-interval = 31745\n", {line + "18: query-interval 31745s is out of range"}});
    rows.push_back({top, "query-response-interval = 126\n", {line + "27: query-response-interval 126s"}});
    rows.push_back({top, "startup-query-count = 0\n", {line + "23: startup-query-count 0 is out of range"}});
  }
  rows.push_back({"ipv6 = false\n", "version = 2\nquery-response-interval = 26\n", {"6:27: query-response"}});
  rows.push_back(
      {"", "version = 2\nquery-response-interval = 26\n", {"25.5s can be put in an IGMPv2 query"}});
  rows.push_back({"", "mld-version = 1\nquery-response-interval = 66\n", {"65.535s can be put in an MLDv1"}});
  rows.push_back({"ipv4 = false\n",
                  "mld-version = 1\nquery-response-interval = 66\n",
                  {"65.535s can be put in an MLDv1"}});
  // B-08: a tenth of a second is the shortest that IGMP can say, a millisecond that of MLD.
  rows.push_back({"", "last-member-query-interval = \"50ms\"\n", {"0.1s can be put in an IGMPv3 query"}});
  rows.push_back({"",
                  "last-member-query-interval = 0\n",
                  {"0.1s can be put in an IGMPv3 query", "0.001s can be put in an MLDv2 query"}});
  return rows;
}
INSTANTIATE_TEST_SUITE_P(B_01_to_B_03, TimingLimits, testing::ValuesIn(RefusedTimings()));

TEST(ConfigFamilies, TB_02_WhatOnlyTheOtherFamilyCannotDoIsNoProblem) {
  const auto ipv6 = Parse("last-member-query-interval = \"50ms\"\n", "ipv4 = false\n");
  ASSERT_TRUE(ipv6);
  EXPECT_EQ(ipv6->downstreams[0].ipv6.timing().last_member_query_interval, milliseconds(50));
  EXPECT_TRUE(Parse("version = 2\nquery-response-interval = 26\n", "ipv4 = false\n"));
  EXPECT_TRUE(Parse("mld-version = 1\nquery-response-interval = 66\n", "ipv6 = false\n"));
  // Until 25.5 s and 65.535 s both can.
  EXPECT_TRUE(Parse("version = 2\nmld-version = 1\nquery-response-interval = 25.5\n"));
}

TEST(ConfigFamilies, TB_02_RobustnessOneIsWarnedAboutOnce) {
  const auto config = Parse("robustness = 1\n");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("robustness 1 tolerates no lost packet")));
  EXPECT_EQ(config->downstreams[0].ipv4.timing().robustness, 1u);
  EXPECT_EQ(config->downstreams[0].ipv6.timing().robustness, 1u);
}

/// IGMP's code is in tenths of a second, MLD's in milliseconds.
TEST(ConfigFamilies, TB_05_EachFamilyRoundsToWhatItCanSay) {
  const auto config = Parse("last-member-query-interval = 15\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->downstreams[0].ipv4.timing().last_member_query_interval, milliseconds(14400));
  EXPECT_EQ(config->downstreams[0].ipv4.timing().LastMemberQueryTime(), milliseconds(28800));
  EXPECT_EQ(config->downstreams[0].ipv6.timing().last_member_query_interval, seconds(15));
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("using 14.4s for IGMP")));
}

TEST(ConfigFamilies, TB_04_WhatBothRoundAlikeIsSaidOnce) {
  const auto config = Parse("query-interval = 300\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->downstreams[0].ipv4.timing().query_interval, seconds(288));
  EXPECT_EQ(config->downstreams[0].ipv6.timing().query_interval, seconds(288));
  EXPECT_EQ(config->downstreams[0].ipv6.timing().GroupMembershipInterval(), seconds(596));
  EXPECT_THAT(config->warnings, ElementsAre(testing::EndsWith("using 288s")));
}

TEST(ConfigFamilies, WhatBothRoundDifferentlyIsSaidOfEach) {
  // 40.05 s: 400 tenths, 40048 ms.
  const auto config = Parse("last-member-query-interval = \"40.05s\"\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->downstreams[0].ipv4.timing().last_member_query_interval, seconds(40));
  EXPECT_EQ(config->downstreams[0].ipv6.timing().last_member_query_interval, milliseconds(40048));
  EXPECT_THAT(config->warnings, ElementsAre(testing::EndsWith("for IGMP"), testing::EndsWith("for MLD")));
}

}  // namespace
}  // namespace bpfcast
