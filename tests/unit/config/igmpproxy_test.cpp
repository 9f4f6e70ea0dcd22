// What the corpus does not show: the fields behind the summary, and files that are too large for it.
#include "config/igmpproxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

tl::expected<Config, ConfigProblems> Parse(const std::string& text) {
  return ParseIgmpproxyConfig(text, "f.conf");
}

TEST(IgmpproxyConfig, TimersAreThoseOfTheRfcAndNotIgmpproxys) {
  const auto config = Parse("phyint wan upstream phyint lan downstream defaultdown");
  ASSERT_TRUE(config);
  for (const InterfaceConfig& each :
       {config->upstream, config->downstreams.at(0), config->default_downstream.value()}) {
    EXPECT_EQ(each.ipv4.version(), Version::kV3);
    EXPECT_EQ(each.ipv4.timing().robustness, 2u);
    EXPECT_EQ(each.ipv4.timing().query_interval, std::chrono::seconds(125));
    EXPECT_EQ(each.ipv4.timing().query_response_interval, std::chrono::seconds(10));
    EXPECT_EQ(each.ipv4.timing().last_member_query_interval, std::chrono::seconds(1));
  }
}

TEST(IgmpproxyConfig, WithoutAltnetNoSourceIsRefused) {
  const auto config = Parse("phyint wan upstream phyint lan downstream");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->upstream.source_check, SourceCheck::kOff);
  EXPECT_EQ(config->downstreams.at(0).source_check, SourceCheck::kOff);
  EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(IgmpproxyConfig, C_85_TheLastListEntryThatMatchesDecides) {
  const auto config = Parse(
      "phyint wan upstream phyint lan downstream "
      "blacklist 239.1.1.0/24 whitelist 239.0.0.0/8 blacklist 239.2.0.0/16");
  ASSERT_TRUE(config);
  const AccessList<Igmp>& access = config->downstreams.at(0).ipv4.access();
  EXPECT_TRUE(access.Permits(MakeIpv4(239, 1, 1, 1)));
  EXPECT_TRUE(access.Permits(MakeIpv4(239, 9, 9, 9)));
  EXPECT_FALSE(access.Permits(MakeIpv4(239, 2, 0, 1)));
  EXPECT_FALSE(access.Permits(MakeIpv4(232, 1, 1, 1)));
  EXPECT_FALSE(access.Permits(MakeIpv4(232, 1, 1, 1), MakeIpv4(10, 0, 0, 1)));
}

TEST(IgmpproxyConfig, C_85_ABlacklistAloneLeavesTheRestPermitted) {
  const auto config = Parse("phyint wan upstream blacklist 239.1.1.1 phyint lan downstream");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->upstream.ipv4.access().Permits(MakeIpv4(239, 1, 1, 1)));
  EXPECT_TRUE(config->upstream.ipv4.access().Permits(MakeIpv4(239, 1, 1, 2)));
}

TEST(IgmpproxyConfig, AWordOfAnyLengthIsOneWord) {
  const auto config = Parse("phyint wan upstream phyint lan downstream chroot /" + std::string(100000, 'x'));
  ASSERT_TRUE(config);
  EXPECT_THAT(config->warnings, ElementsAre(StartsWith("f.conf:1:43: 'chroot' is not done")));
}

TEST(IgmpproxyConfig, AMessageDoesNotRepeatAWordOfAnyLength) {
  const auto config = Parse("phyint wan upstream " + std::string(100000, 'x'));
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 1u);
  EXPECT_LT(config.error().front().size(), 200u);
}

TEST(IgmpproxyConfig, AFullTableOfInterfacesIsTakenAndOneMoreIsAnError) {
  const auto with = [](int downstreams) {
    std::string text = "phyint wan upstream\n";
    for (int i = 0; i < downstreams; ++i) text += "phyint lan" + std::to_string(i) + " downstream\n";
    return Parse(text);
  };
  EXPECT_TRUE(with(1023));
  const auto config = with(1024);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre("f.conf:1:1: more than 1024 interfaces"));
}

}  // namespace
}  // namespace bpfcast
