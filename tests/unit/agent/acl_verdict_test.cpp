#include "agent/acl_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kFile = R"(
upstream = "wan"
downstream = ["lan1", "lan2"]
[interface.wan]
altnet = ["10.0.0.0/8", "2001:db8::/32"]
deny-groups = ["239.9.0.0/16"]
[interface.lan1]
allow-groups = ["239.0.0.0/8", "232.0.0.0/8", "ff1e::/16"]
deny-sources = ["10.6.6.0/24"]
forward-up = ["239.5.0.0/16"]
[interface.lan2]
boundaries = ["239.7.0.0/16", "ff1e:7::/32"]
source-check = "off"
forward-up = "never"
)";

/// What the settings above say of an interface with a subnet of 198.51.100.0/24 upstream.
class AclVerdict : public testing::Test {
 protected:
  AclVerdict() : config_(*ParseConfig(kFile, "test.toml")) {}

  AclPort<Igmp> Wan() const {
    return {&config_.upstream,
            {{*Ipv4Address::Parse("198.51.100.1"), 24}},
            {{*Ipv4Address::Parse("10.1.7.0"), 24}}};
  }
  AclPort<Igmp> Lan(std::size_t n) const {
    return {&config_.downstreams[n - 1], {{*Ipv4Address::Parse("192.0.2.0"), 24}}, {}};
  }
  static AclQuestion<Igmp> Ask(const char* group, const char* source = nullptr) {
    AclQuestion<Igmp> question{*Ipv4Address::Parse(group), std::nullopt};
    if (source != nullptr) question.source = Ipv4Address::Parse(source);
    return question;
  }
  /// "join lan1 yes, ask wan no"
  static std::string Short(const std::vector<AclStep>& steps) {
    std::string text;
    for (const AclStep& step : steps) {
      text += (text.empty() ? "" : ", ") + step.step + " " + step.port + (step.permitted ? " yes" : " no");
    }
    return text;
  }

  Config config_;
};

TEST_F(AclVerdict, ASubnetIsNamedWithoutTheAddressThatTheInterfaceHasInIt) {
  EXPECT_EQ(MayReceive(Lan(1), Wan(), Ask("239.1.1.1", "198.51.100.9")).back().why,
            "it is in 198.51.100.0/24, a subnet of the interface");
}

TEST_F(AclVerdict, AStreamThatNothingForbidsPassesEveryStep) {
  const auto steps = MayReceive(Lan(1), Wan(), Ask("239.1.1.1", "10.1.1.1"));
  EXPECT_EQ(Short(steps), "join lan1 yes, ask wan yes, source wan yes");
  EXPECT_THAT(steps[0].why, HasSubstr("239.0.0.0/8"));
  EXPECT_EQ(steps[2].why, "altnet has it, in 10.0.0.0/8");
}

TEST_F(AclVerdict, C_85_TheListThatDecidesIsNamed) {
  const auto not_allowed = MayReceive(Lan(1), Wan(), Ask("225.1.1.1"));
  EXPECT_EQ(Short(not_allowed), "join lan1 no, ask wan yes");
  EXPECT_EQ(not_allowed[0].why, "denied because no list names the group");
  const auto denied_source = MayReceive(Lan(1), Wan(), Ask("239.1.1.1", "10.6.6.6"));
  EXPECT_EQ(Short(denied_source), "join lan1 no, ask wan yes, source wan yes");
  EXPECT_THAT(denied_source[0].why, HasSubstr("10.6.6.0/24"));
}

// Entries with a sender say nothing of all senders (C-85), and are not nothing either.
TEST(WhyAccess, C_85_ListsThatNameTheGroupWithSendersAreNotSaidNotToNameIt) {
  const Ipv4Address group = *Ipv4Address::Parse("239.1.1.1");
  AccessList<Igmp> list;
  list.otherwise = Access::kDeny;
  EXPECT_EQ(WhyAccess<Igmp>(list, group, std::nullopt), "because no list names the group");
  list.rules = {
      {Access::kPermit, {*Ipv4Address::Parse("239.0.0.0"), 8}, {*Ipv4Address::Parse("10.6.6.0"), 24}}};
  EXPECT_EQ(WhyAccess<Igmp>(list, group, std::nullopt),
            "because the lists name the group with single senders alone");
  EXPECT_EQ(WhyAccess<Igmp>(list, group, Ipv4Address::Parse("10.1.1.1")),
            "because the lists name the group with other senders alone");
  EXPECT_EQ(WhyAccess<Igmp>(list, group, Ipv4Address::Parse("10.6.6.6")),
            "by the entry 239.0.0.0/8 from 10.6.6.0/24");
  EXPECT_EQ(WhyAccess<Igmp>(list, *Ipv4Address::Parse("225.1.1.1"), std::nullopt),
            "because no list names the group");
}

TEST_F(AclVerdict, E_08_WhatIsNotAskedForUpstreamIsSaid) {
  const auto steps = MayReceive(Lan(1), Wan(), Ask("239.9.1.1"));
  EXPECT_EQ(Short(steps), "join lan1 yes, ask wan no");
  EXPECT_THAT(steps[1].why, HasSubstr("239.9.0.0/16"));
}

TEST_F(AclVerdict, F_50_BoundariesOfBothSidesDecide) {
  EXPECT_EQ(Short(MayReceive(Lan(2), Wan(), Ask("239.7.1.1"))), "join lan2 no, ask wan yes");
  EXPECT_EQ(Short(MayReceive(Lan(2), Wan(), Ask("239.255.255.250"))), "join lan2 yes, ask wan no");
  EXPECT_EQ(Short(MayReceive(Lan(2), Wan(), Ask("224.0.0.251"))), "join lan2 no, ask wan no");
}

TEST_F(AclVerdict, C_70_AJoinOfASourceSpecificGroupMustNameItsSource) {
  EXPECT_EQ(Short(MayReceive(Lan(1), Wan(), Ask("232.1.1.1"))), "join lan1 no, ask wan yes");
  EXPECT_EQ(Short(MayReceive(Lan(1), Wan(), Ask("232.1.1.1", "10.1.1.1"))),
            "join lan1 yes, ask wan yes, source wan yes");
}

TEST_F(AclVerdict, F_12_ASourceFromElsewhereIsNotAccepted) {
  const auto steps = MayReceive(Lan(1), Wan(), Ask("239.1.1.1", "203.0.113.5"));
  EXPECT_EQ(Short(steps), "join lan1 yes, ask wan yes, source wan no");
  EXPECT_THAT(steps[2].why, HasSubstr("altnet"));
}

TEST_F(AclVerdict, F_12_WhatIsBehindADownstreamIsNoSourceOfTheUpstream) {
  const auto steps = MayReceive(Lan(1), Wan(), Ask("239.1.1.1", "10.1.7.5"));
  EXPECT_EQ(Short(steps), "join lan1 yes, ask wan yes, source wan no")
      << "for all that altnet has 10.0.0.0/8";
  EXPECT_THAT(steps[2].why, HasSubstr("10.1.7.0/24"));
}

TEST_F(AclVerdict, F_12_AnUpstreamWithoutAltnetTakesTheRestOfTheWorld) {
  const Config config = *ParseConfig("upstream = 'wan'\ndownstream = ['lan1']\n", "test.toml");
  const AclPort<Igmp> wan{&config.upstream, {}, {{*Ipv4Address::Parse("192.0.2.0"), 24}}};
  const AclPort<Igmp> lan{&config.downstreams[0], {}, {}};
  EXPECT_EQ(Short(MayReceive(lan, wan, Ask("239.1.1.1", "203.0.113.5"))),
            "join lan1 yes, ask wan yes, source wan yes");
  EXPECT_EQ(Short(MayReceive(lan, wan, Ask("239.1.1.1", "192.0.2.5"))),
            "join lan1 yes, ask wan yes, source wan no");
}

TEST_F(AclVerdict, TheUpstreamItselfIsAskedAboutAskingAndSources) {
  EXPECT_EQ(Short(MayReceive(Wan(), Wan(), Ask("239.1.1.1", "198.51.100.7"))), "ask wan yes, source wan yes");
}

TEST_F(AclVerdict, TheListThatDecidesOnAHostOrASenderIsNamed) {
  const auto config = ParseConfig(
      "upstream = 'wan'\ndownstream = ['lan1', 'lan2']\n[interface.lan1]\nallow-sources = ['10.0.0.0/8']\n"
      "allow-hosts = ['192.0.2.0/28']\ndeny-hosts = ['192.0.2.3']\n[interface.lan2]\ndeny-hosts = "
      "['192.0.2.3']\n",
      "test.toml");
  ASSERT_TRUE(config);
  const AclPort<Igmp> wan{&config->upstream, {}, {}};
  const auto first = [&](std::size_t lan, const char* host, const char* source = nullptr) {
    AclQuestion<Igmp> question = Ask("239.1.1.1", source);
    if (host != nullptr) question.host = Ipv4Address::Parse(host);
    const AclStep step =
        MayReceive(AclPort<Igmp>{&config->downstreams[lan - 1], {}, {}}, wan, question).at(0);
    return step.step + (step.permitted ? " yes: " : " no: ") + step.why;
  };
  EXPECT_EQ(first(1, "192.0.2.3"), "host no: deny-hosts has 192.0.2.3/32");
  EXPECT_EQ(first(1, "192.0.2.1"), "host yes: allow-hosts has 192.0.2.0/28");
  EXPECT_EQ(first(1, "192.0.2.77"), "host no: allow-hosts does not name it");
  EXPECT_EQ(first(1, "0.0.0.0"), "host no: allow-hosts does not name it");
  EXPECT_EQ(first(2, "0.0.0.0"), "host yes: deny-hosts does not name it");
  EXPECT_THAT(first(1, nullptr), AllOf(HasSubstr("join no: "), HasSubstr("allow-sources")));
  EXPECT_THAT(first(1, nullptr, "11.0.0.1"), AllOf(HasSubstr("join no: "), HasSubstr("allow-sources")));
  EXPECT_THAT(first(1, nullptr, "10.0.0.1"), HasSubstr("join yes: "));
}

TEST_F(AclVerdict, F_09_WhatNoSenderHasIsNoSourceWhateverIsSet) {
  AclPort<Igmp> lan = Lan(2);  // source-check is off
  lan.nobodys = {{*Ipv4Address::Parse("192.0.2.1"), "is an address of lan2 itself"}};
  const auto own = MaySend(lan, Wan(), Ask("239.1.1.1", "192.0.2.1"));
  EXPECT_FALSE(own.at(0).permitted);
  EXPECT_THAT(own.at(0).why, HasSubstr("it is an address of lan2 itself"));
  EXPECT_TRUE(MaySend(lan, Wan(), Ask("239.1.1.1", "192.0.2.2")).at(0).permitted);
  EXPECT_FALSE(MaySend(lan, Wan(), Ask("239.1.1.1", "0.0.0.0")).at(0).permitted);
  EXPECT_FALSE(MaySend(lan, Wan(), Ask("239.1.1.1", "255.255.255.255")).at(0).permitted);
  const AclPort<Mld> lan2{&config_.downstreams[1], {}, {}};
  const auto ask = [](const char* source) {
    return AclQuestion<Mld>{*Ipv6Address::Parse("ff1e::1"), Ipv6Address::Parse(source)};
  };
  const auto link_local = MaySend<Mld>(lan2, lan2, ask("fe80::7")).at(0);
  EXPECT_FALSE(link_local.permitted);
  EXPECT_THAT(link_local.why, HasSubstr("link-local"));
  EXPECT_TRUE(MaySend<Mld>(lan2, lan2, ask("2001:db8::7")).at(0).permitted);
}

TEST_F(AclVerdict, E_33_WhatASourceBehindADownstreamMaySendUp) {
  EXPECT_EQ(Short(MaySend(Lan(1), Wan(), Ask("239.5.1.1", "192.0.2.9"))), "source lan1 yes, pass lan1 yes");
  EXPECT_EQ(Short(MaySend(Lan(1), Wan(), Ask("239.1.1.1", "192.0.2.9"))), "source lan1 yes, pass lan1 no");
  EXPECT_EQ(Short(MaySend(Lan(1), Wan(), Ask("239.5.1.1", "203.0.113.5"))), "source lan1 no, pass lan1 yes");
  EXPECT_EQ(Short(MaySend(Lan(2), Wan(), Ask("239.1.1.1", "203.0.113.5"))), "source lan2 yes, pass lan2 no");
  EXPECT_EQ(Short(MaySend(Lan(2), Wan(), Ask("239.7.1.1"))), "pass lan2 no");
  EXPECT_EQ(Short(MaySend(Lan(1), Wan(), Ask("239.255.255.250"))), "pass wan no");
}

TEST_F(AclVerdict, WhatStaysOnItsLinkOrIsNotServedIsNotSentOnEither) {
  EXPECT_EQ(Short(MaySend(Lan(1), Wan(), Ask("224.0.0.251", "192.0.2.9"))), "source lan1 yes, pass lan1 no");
  EXPECT_EQ(Short(MaySend(Wan(), Wan(), Ask("224.0.0.251"))), "pass wan no");
  const Config off = *ParseConfig("upstream = 'wan'\ndownstream = ['lan1']\nipv4 = false\n", "test.toml");
  EXPECT_EQ(Short(MaySend(AclPort<Igmp>{&off.downstreams[0], {}, {}}, AclPort<Igmp>{&off.upstream, {}, {}},
                          Ask("239.1.1.1"))),
            "pass lan1 no");
}

TEST_F(AclVerdict, TheOtherFamilyHasTheSameSteps) {
  const AclPort<Mld> wan{&config_.upstream, {}, {}};
  const AclPort<Mld> lan1{&config_.downstreams[0], {}, {}};
  const AclPort<Mld> lan2{&config_.downstreams[1], {}, {}};
  const auto source = Ipv6Address::Parse("2001:db8::5");
  EXPECT_EQ(Short(MayReceive<Mld>(lan1, wan, {*Ipv6Address::Parse("ff1e::1"), source})),
            "join lan1 yes, ask wan yes, source wan yes");
  EXPECT_EQ(Short(MayReceive<Mld>(lan1, wan, {*Ipv6Address::Parse("ff0e::1"), source})),
            "join lan1 no, ask wan yes, source wan yes");
  EXPECT_EQ(Short(MayReceive<Mld>(lan2, wan, {*Ipv6Address::Parse("ff1e:7::1"), std::nullopt})),
            "join lan2 no, ask wan yes");
  EXPECT_EQ(Short(MaySend<Mld>(lan2, wan, {*Ipv6Address::Parse("ff15::1"), std::nullopt})), "pass wan no");
}

}  // namespace
}  // namespace bpfcast
