#include "datapath/passage_rules.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

Ipv4Address V4(const char* text) {
  return *Ipv4Address::Parse(text);
}
Ipv6Address V6(const char* text) {
  return *Ipv6Address::Parse(text);
}

DatapathPort Port(std::uint16_t id) {
  DatapathPort port;
  port.id = PortId{id};
  return port;
}

TEST(PassageRules, EachRuleHoldsInTheScopeOfItsPort) {
  DatapathPort one = Port(1);
  one.ipv4.passages.rules = {{{V4("239.255.255.250"), 32}, Passage::kNotUpstream},
                             {{V4("239.192.1.1"), 14}, Passage::kNowhere}};
  DatapathPort two = Port(2);
  two.ipv4.passages.rules = {{{V4("239.255.255.250"), 32}, Passage::kAnywhere}};
  const PrefixRules<Igmp> expected = {{{1, V4("239.255.255.250"), 32}, BPFCAST_PASSAGE_NOT_UPSTREAM},
                                      {{1, V4("239.192.0.0"), 14}, BPFCAST_PASSAGE_NOWHERE},
                                      {{2, V4("239.255.255.250"), 32}, BPFCAST_PASSAGE_ANYWHERE}};
  EXPECT_EQ(MakePassageRules<Igmp>({one, two}), expected);
  EXPECT_TRUE(MakePassageRules<Mld>({one, two}).empty());
}

TEST(PassageRules, TF_32_PrefixesOfIpv6) {
  DatapathPort up = Port(0);
  up.ipv6.passages.rules = {{{V6("ff05::1"), 16}, Passage::kNowhere}};
  const PrefixRules<Mld> expected = {{{0, V6("ff05::"), 16}, BPFCAST_PASSAGE_NOWHERE}};
  EXPECT_EQ(MakePassageRules<Mld>({up}), expected);
}

TEST(PassageRules, OnlyWhatCanStopAPacketRestricts) {
  Passages<Igmp> passages;
  EXPECT_FALSE(RestrictsGroups(passages));
  passages.rules = {{{V4("239.1.0.0"), 16}, Passage::kAnywhere}};
  EXPECT_FALSE(RestrictsGroups(passages));
  passages.otherwise = Passage::kNotUpstream;
  EXPECT_TRUE(RestrictsGroups(passages));
  passages.otherwise = Passage::kAnywhere;
  passages.rules.push_back({{V4("239.2.0.0"), 16}, Passage::kNotUpstream});
  EXPECT_TRUE(RestrictsGroups(passages));
}

TEST(GuardedGroups, AreThoseOfAnyPort) {
  DatapathPort one = Port(1);
  one.ipv6.passages.rules = {{{V6("ff05::"), 16}, Passage::kNowhere},
                             {{V6("ff08::"), 16}, Passage::kAnywhere}};
  DatapathPort two = Port(2);
  two.ipv6.passages.rules = {{{V6("ff0e::1"), 128}, Passage::kNotUpstream}};
  const GuardedGroups<Mld> guarded({one, two});
  EXPECT_TRUE(guarded.Contains(V6("ff05::1234")));
  EXPECT_TRUE(guarded.Contains(V6("ff0e::1")));
  EXPECT_FALSE(guarded.Contains(V6("ff0e::2")));
  EXPECT_FALSE(guarded.Contains(V6("ff08::1")));
  EXPECT_EQ(guarded, GuardedGroups<Mld>({two, one}));
}

TEST(GuardedGroups, AreAllWhenAPortForwardsOnlyWhatItNames) {
  DatapathPort port = Port(1);
  EXPECT_FALSE(GuardedGroups<Igmp>({port}).Contains(V4("239.1.2.3")));
  port.ipv4.passages.otherwise = Passage::kNotUpstream;
  EXPECT_TRUE(GuardedGroups<Igmp>({port}).Contains(V4("239.1.2.3")));
  EXPECT_FALSE(GuardedGroups<Mld>({port}).Contains(V6("ff0e::1")));
}

}  // namespace
}  // namespace bpfcast
