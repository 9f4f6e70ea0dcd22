// What each key of the protocol and of the forwarding rules sets in the floors below, for both families.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "config/config.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

/// The interface that has these lines in its table.
InterfaceConfig Downstream(const std::string& lines) {
  const auto config =
      ParseConfig("upstream = \"eth0\"\ndownstream = \"lan1\"\n[interface.lan1]\n" + lines, "conf.toml");
  if (!config) {
    ADD_FAILURE() << config.error().front();
    return {};
  }
  return config->downstreams.at(0);
}
InterfaceConfig Upstream(const std::string& lines) {
  const auto config =
      ParseConfig("upstream = \"eth0\"\ndownstream = \"lan1\"\n[interface.eth0]\n" + lines, "conf.toml");
  if (!config) {
    ADD_FAILURE() << config.error().front();
    return {};
  }
  return config->upstream;
}

Ipv6Address Ipv6(const char* text) {
  return *Ipv6Address::Parse(text);
}
Prefix<Ipv6Address> Ipv6(const char* text, unsigned length) {
  return {Ipv6(text), length};
}
constexpr Prefix<Ipv4Address> kSsdp{MakeIpv4(239, 255, 255, 250), 32};

template <class F>
class ConfigSettings : public testing::Test {
 protected:
  static const QuerierConfig<F>& Querier(const InterfaceConfig& config) {
    return config.Of<F>().downstream.querier;
  }
};
using Families = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ConfigSettings, Families);

TYPED_TEST(ConfigSettings, B_04_TheMembershipIntervalOfTheOlderRfcsCanBeChosen) {
  const auto gmi = [](const InterfaceConfig& config) {
    return config.Of<TypeParam>().downstream.querier.timing.GroupMembershipInterval();
  };
  EXPECT_EQ(gmi(Downstream("")), std::chrono::seconds(270));
  EXPECT_EQ(gmi(Downstream("group-membership-interval = \"rfc9776\"\n")), std::chrono::seconds(270));
  EXPECT_EQ(gmi(Downstream("group-membership-interval = \"rfc3376\"\n")), std::chrono::seconds(260));
}

TYPED_TEST(ConfigSettings, C_43_WhoseSpecificQueriesLowerTimers) {
  EXPECT_EQ(this->Querier(Downstream("")).lowered_by, LoweredBy::kElectedQuerier);
  EXPECT_EQ(this->Querier(Downstream("specific-queries = \"any\"\n")).lowered_by, LoweredBy::kAnyRouter);
}

TYPED_TEST(ConfigSettings, C_62_D_20_OlderQueriersAreFollowedOrNotOnEitherSide) {
  const InterfaceConfig usual = Downstream("");
  EXPECT_EQ(this->Querier(usual).older_queriers, OlderQueriers::kFollow);
  const std::string fixed = "compat-querier = \"fixed\"\n";
  EXPECT_EQ(this->Querier(Downstream(fixed)).older_queriers, OlderQueriers::kWarn);
  EXPECT_EQ(Upstream("").template Of<TypeParam>().upstream.host.older_queriers, OlderQueriers::kFollow);
  EXPECT_EQ(Upstream(fixed).template Of<TypeParam>().upstream.host.older_queriers, OlderQueriers::kWarn);
}

TYPED_TEST(ConfigSettings, C_69_ALinkForSourceSpecificGroupsHearsNoOlderMessages) {
  EXPECT_EQ(this->Querier(Downstream("")).older_messages, OlderMessages::kAccept);
  EXPECT_EQ(this->Querier(Downstream("ssm-only = true\n")).older_messages, OlderMessages::kIgnoreAll);
  EXPECT_EQ(this->Querier(Downstream("ssm-only = true\nignore-v1 = true\n")).older_messages,
            OlderMessages::kIgnoreAll);
  EXPECT_EQ(this->Querier(Downstream("ssm-only = false\nignore-v1 = false\n")).older_messages,
            OlderMessages::kAccept);
}

TYPED_TEST(ConfigSettings, C_81_C_82_WhatALeaveDoes) {
  EXPECT_EQ(this->Querier(Downstream("")).fast_leave, FastLeave::kOff);
  EXPECT_EQ(this->Querier(Downstream("fast-leave = false\n")).fast_leave, FastLeave::kOff);
  EXPECT_EQ(this->Querier(Downstream("fast-leave = true\n")).fast_leave, FastLeave::kTracked);
  EXPECT_EQ(this->Querier(Downstream("fast-leave = \"always\"\n")).fast_leave, FastLeave::kAlways);
}

TYPED_TEST(ConfigSettings, C_84_ALightweightRouterKeepsNoListsOfExcludedSources) {
  EXPECT_EQ(this->Querier(Downstream("")).exclude_lists, ExcludeLists::kKept);
  EXPECT_EQ(this->Querier(Downstream("lightweight = true\n")).exclude_lists, ExcludeLists::kIgnored);
}

TYPED_TEST(ConfigSettings, X_10_LimitsOfALink) {
  const InterfaceConfig usual = Downstream("");
  EXPECT_EQ(this->Querier(usual).max_groups, 32768u);
  EXPECT_EQ(this->Querier(usual).max_sources_per_group, 512u);
  EXPECT_EQ(this->Querier(usual).source_overflow, SourceOverflow::kLeaveOut);
  const InterfaceConfig config = Downstream(
      "max-groups = 1024\nmax-sources-per-group = 7\nmax-sources = 70\nmax-hosts-per-group = 8\nmax-hosts = "
      "9\nover-limit = "
      "\"widen\"\n");
  EXPECT_EQ(this->Querier(config).max_groups, 1024u);
  EXPECT_EQ(this->Querier(config).max_sources_per_group, 7u);
  EXPECT_EQ(this->Querier(config).max_sources, 70u);
  EXPECT_EQ(this->Querier(config).max_hosts_per_group, 8u);
  EXPECT_EQ(this->Querier(config).max_hosts, 9u);
  EXPECT_EQ(this->Querier(config).source_overflow, SourceOverflow::kWiden);
}

TYPED_TEST(ConfigSettings, X_10_ControlPacketsArePolicedOnEitherSide) {
  const std::string lines = "max-packets-per-second = 300\nmax-packets-per-second-of-one-source = 0\n";
  const Policing wanted{.packets_per_s = 300, .packets_per_s_of_one_source = 0};
  EXPECT_EQ(Downstream(lines).template Of<TypeParam>().downstream.policing, wanted);
  EXPECT_EQ(Upstream(lines).template Of<TypeParam>().upstream.policing, wanted);
  EXPECT_EQ(Upstream("").template Of<TypeParam>().upstream.policing, Policing());
}

TYPED_TEST(ConfigSettings, D_25_SourceSpecificGroupsAreAskedForInAnOlderVersionIfThatIsWanted) {
  EXPECT_EQ(Upstream("").template Of<TypeParam>().upstream.host.older_ssm, OlderSsm::kSilent);
  EXPECT_EQ(Upstream("report-ssm-to-older-querier = true\n").template Of<TypeParam>().upstream.host.older_ssm,
            OlderSsm::kReport);
}

TYPED_TEST(ConfigSettings, D_35_TheKernelCanSpeakUpstream) {
  const auto membership = [](const std::string& lines) {
    return Upstream(lines).Of<TypeParam>().upstream.membership;
  };
  EXPECT_EQ(membership(""), UpstreamMembership::kOwnReports);
  EXPECT_EQ(membership("membership = \"own\"\n"), UpstreamMembership::kOwnReports);
  EXPECT_EQ(membership("membership = \"kernel\"\n"), UpstreamMembership::kKernel);
}

TYPED_TEST(ConfigSettings, E_06_MembersBehindAnotherQuerierCountUpstreamOrNot) {
  const auto members = [](const InterfaceConfig& config) {
    return config.Of<TypeParam>().downstream.non_querier_members;
  };
  EXPECT_EQ(members(Downstream("")), NonQuerierMembers::kMerge);
  EXPECT_EQ(members(Downstream("merge-non-querier = false\n")), NonQuerierMembers::kLeaveOut);
}

TYPED_TEST(ConfigSettings, E_34_WhatALinkOfAnotherQuerierGets) {
  EXPECT_EQ(Downstream("forward-if-not-querier = true\n").template Of<TypeParam>().downstream.foreign_querier,
            ForeignQuerier::kKeepForwarding);
}

TYPED_TEST(ConfigSettings, E_33_WhatGoesUpstream) {
  const auto mode = [](const std::string& value) {
    return Downstream("forward-up = " + value + "\n").Of<TypeParam>().downstream.forward_up.mode;
  };
  EXPECT_EQ(Downstream("").template Of<TypeParam>().downstream.forward_up.mode, ForwardUpMode::kAlways);
  EXPECT_EQ(mode("\"always\""), ForwardUpMode::kAlways);
  EXPECT_EQ(mode("\"querier-only\""), ForwardUpMode::kQuerierOnly);
  EXPECT_EQ(mode("\"never\""), ForwardUpMode::kNever);
  EXPECT_EQ(mode("[]"), ForwardUpMode::kNever);
  EXPECT_EQ(mode("[\"239.0.0.0/8\", \"ff15::/16\"]"), ForwardUpMode::kListed);
}

TYPED_TEST(ConfigSettings, E_41_TheLoopGuardIsOneForAllInterfaces) {
  const auto guard = [](const std::string& top) {
    const auto config = ParseConfig(top + "upstream = \"eth0\"\ndownstream = \"lan1\"\n", "conf.toml");
    return config->upstream.Of<TypeParam>().upstream.loop_guard;
  };
  EXPECT_EQ(guard(""), LoopGuardMode::kBlock);
  EXPECT_EQ(guard("loop-guard = \"block\"\n"), LoopGuardMode::kBlock);
  EXPECT_EQ(guard("loop-guard = \"notice\"\n"), LoopGuardMode::kNotice);
}

TEST(ConfigSettingsOfAFamily, E_33_AListOfOneFamilyLeavesTheOtherOne) {
  const InterfaceConfig config = Downstream("forward-up = [\"239.1.0.0/16\"]\n");
  EXPECT_EQ(config.ipv4.downstream.forward_up.mode, ForwardUpMode::kListed);
  EXPECT_THAT(config.ipv4.downstream.forward_up.groups,
              ElementsAre(Prefix<Ipv4Address>{MakeIpv4(239, 1, 0, 0), 16}));
  EXPECT_EQ(config.ipv6.downstream.forward_up.mode, ForwardUpMode::kAlways);
}

TEST(ConfigSettingsOfAFamily, A_05_A_06_A_08_WhichIgmpMessagesAreBelieved) {
  const auto receive = [](const std::string& lines) { return Downstream(lines).ipv4.receive; };
  EXPECT_TRUE(receive("").strict_ttl);
  EXPECT_FALSE(receive("").require_router_alert_in_queries);
  EXPECT_FALSE(receive("").require_router_alert_in_reports);
  EXPECT_FALSE(receive("").check_subnet);
  EXPECT_FALSE(receive("strict-ttl = false\n").strict_ttl);
  EXPECT_TRUE(receive("check-subnet = true\n").check_subnet);
  const auto alert = [&](const std::string& word) {
    const auto rules = receive("require-router-alert = \"" + word + "\"\n");
    return std::pair(rules.require_router_alert_in_queries, rules.require_router_alert_in_reports);
  };
  EXPECT_EQ(alert("none"), std::pair(false, false));
  EXPECT_EQ(alert("queries"), std::pair(true, false));
  EXPECT_EQ(alert("reports"), std::pair(false, true));
  EXPECT_EQ(alert("all"), std::pair(true, true));
  EXPECT_TRUE(Upstream("require-router-alert = \"queries\"\n").ipv4.receive.require_router_alert_in_queries);
}

TEST(ConfigSettingsOfAFamily, C_69_Version1AloneCanBeIgnored) {
  const InterfaceConfig config = Downstream("ignore-v1 = true\n");
  EXPECT_EQ(config.ipv4.downstream.querier.older_messages, OlderMessages::kIgnoreV1Reports);
  EXPECT_EQ(config.ipv6.downstream.querier.older_messages, OlderMessages::kAccept);
}

TEST(ConfigSettingsOfAFamily, C_70_D_19_TheRangesOfSourceSpecificGroupsAreThoseOfBothSides) {
  const InterfaceConfig usual = Downstream("");
  EXPECT_EQ(usual.ipv4.downstream.querier.ssm_ranges, Igmp::SsmRanges());
  EXPECT_EQ(usual.ipv6.downstream.querier.ssm_ranges, Mld::SsmRanges());
  const InterfaceConfig downstream = Downstream("ssm-ranges = [\"232.0.0.0/8\", \"239.232.0.0/16\"]\n");
  EXPECT_EQ(downstream.ipv4.downstream.querier.ssm_ranges.size(), 2u);
  EXPECT_EQ(downstream.ipv6.downstream.querier.ssm_ranges, Mld::SsmRanges());
  const InterfaceConfig upstream = Upstream("ssm-ranges = \"ff3e::/32\"\n");
  EXPECT_EQ(upstream.ipv4.upstream.host.ssm_ranges, Igmp::SsmRanges());
  EXPECT_THAT(upstream.ipv6.upstream.host.ssm_ranges, ElementsAre(Ipv6("ff3e::", 32)));
  EXPECT_EQ(Downstream("ssm-ranges = \"ff3x::/32\"\n").ipv6.downstream.querier.ssm_ranges, Mld::SsmRanges());
  EXPECT_THAT(Upstream("ssm-ranges = []\n").ipv4.upstream.host.ssm_ranges, IsEmpty());
}

TEST(ConfigSettingsOfAFamily, F_50_TheUpstreamBoundsSsdpAndTheLocalScopesOfIpv6ByDefault) {
  const InterfaceConfig upstream = Upstream("");
  EXPECT_THAT(upstream.ipv4.upstream.boundaries, ElementsAre(kSsdp));
  EXPECT_EQ(upstream.ipv6.upstream.boundaries.size(), 48u);
  const InterfaceConfig downstream = Downstream("");
  EXPECT_THAT(downstream.ipv4.downstream.boundaries, IsEmpty());
  EXPECT_THAT(downstream.ipv6.downstream.boundaries, IsEmpty());
}

TEST(ConfigSettingsOfAFamily, F_50_BoundariesAreReplacedForTheFamiliesThatTheListNames) {
  const InterfaceConfig ipv4 = Upstream("boundaries = [\"239.192.0.0/14\"]\n");
  EXPECT_THAT(ipv4.ipv4.upstream.boundaries, ElementsAre(Prefix<Ipv4Address>{MakeIpv4(239, 192, 0, 0), 14}));
  EXPECT_THAT(ipv4.ipv6.upstream.boundaries, UnorderedElementsAreArray(Mld::DefaultBoundaries()));
  const InterfaceConfig ipv6 = Upstream("boundaries = [\"ff08::/16\"]\n");
  EXPECT_THAT(ipv6.ipv4.upstream.boundaries, ElementsAre(kSsdp));
  EXPECT_THAT(ipv6.ipv6.upstream.boundaries, ElementsAre(Ipv6("ff08::", 16)));
  const InterfaceConfig none = Upstream("boundaries = []\n");
  EXPECT_THAT(none.ipv4.upstream.boundaries, IsEmpty());
  EXPECT_THAT(none.ipv6.upstream.boundaries, IsEmpty());
  const InterfaceConfig downstream = Downstream("boundaries = [\"239.255.255.250\", \"ff05::/16\"]\n");
  EXPECT_THAT(downstream.ipv4.downstream.boundaries, ElementsAre(kSsdp));
  EXPECT_THAT(downstream.ipv6.downstream.boundaries, ElementsAre(Ipv6("ff05::", 16)));
}

TEST(ConfigSettingsOfAFamily, E_07_StaticGroupsAreSubscriptionsOfADownstreamAndPulledByTheUpstream) {
  const std::string lines =
      "static-groups = [\"239.1.1.1\", \"10.0.0.1@232.1.1.1\", \"ff1e::1\", \"2001:db8::1@ff3e::8000:1\"]\n";
  const StaticMembership<Igmp> group4{MakeIpv4(239, 1, 1, 1), std::nullopt};
  const StaticMembership<Igmp> channel4{MakeIpv4(232, 1, 1, 1), MakeIpv4(10, 0, 0, 1)};
  const StaticMembership<Mld> group6{Ipv6("ff1e::1"), std::nullopt};
  const StaticMembership<Mld> channel6{Ipv6("ff3e::8000:1"), Ipv6("2001:db8::1")};
  const InterfaceConfig downstream = Downstream(lines);
  EXPECT_THAT(downstream.ipv4.downstream.static_memberships, ElementsAre(group4, channel4));
  EXPECT_THAT(downstream.ipv6.downstream.static_memberships, ElementsAre(group6, channel6));
  EXPECT_THAT(downstream.ipv4.upstream.pull, IsEmpty());
  const InterfaceConfig upstream = Upstream(lines);
  EXPECT_THAT(upstream.ipv4.upstream.pull, ElementsAre(group4, channel4));
  EXPECT_THAT(upstream.ipv6.upstream.pull, ElementsAre(group6, channel6));
  EXPECT_THAT(upstream.ipv4.downstream.static_memberships, IsEmpty());
}

TEST(ConfigSettingsOfAFamily, F_51_AnIgmpproxyConfThatNamesSsdpUpstreamAsksForIt) {
  const auto boundaries = [](const std::string& lines) {
    const auto config = ParseConfig("phyint eth0 upstream " + lines + " phyint lan1 downstream", "f.conf");
    return config->upstream.ipv4.upstream.boundaries;
  };
  EXPECT_THAT(boundaries(""), ElementsAre(kSsdp));
  EXPECT_THAT(boundaries("whitelist 239.0.0.0/8"), ElementsAre(kSsdp));
  EXPECT_THAT(boundaries("blacklist 239.255.255.250/32"), ElementsAre(kSsdp));
  EXPECT_THAT(boundaries("whitelist 239.255.255.250/32"), IsEmpty());
}

}  // namespace
}  // namespace bpfcast
