// What a reload is told to change is told setting by setting, and nothing else is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/changes.h"
#include "config/config.h"
#include "config/print.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config Read(const std::string& text) {
  auto config = ParseConfig(text, "f");
  if (!config) {
    ADD_FAILURE() << config.error().front();
    return {};
  }
  return std::move(*config);
}
const std::string kTwo = "upstream = \"wan0\"\ndownstream = [\"lan1\", \"lan2\"]\n";

std::vector<std::string> Sentences(const Config& running, const Config& wanted) {
  std::vector<std::string> sentences;
  for (const ConfigChange& change : ChangesOf(running, wanted)) sentences.push_back(change.ToSentence());
  return sentences;
}
std::vector<std::string> Sentences(const std::string& running, const std::string& wanted) {
  return Sentences(Read(running), Read(wanted));
}
/// Of lan1, between these lines of its table.
std::vector<std::string> OfLan1(const std::string& running, const std::string& wanted) {
  return Sentences(kTwo + "[interface.lan1]\n" + running, kTwo + "[interface.lan1]\n" + wanted);
}

TEST(ConfigChanges, TheSameAgainIsNoChange) {
  EXPECT_THAT(Sentences(kTwo, kTwo), IsEmpty());
  EXPECT_THAT(OfLan1("", "hook = \"auto\"\nquery-interval = \"125s\"\naltnet = []\n"), IsEmpty())
      << "a default that is written is the default";
  const Config usual = Read(kTwo);
  const Config written = Read(PrintToml(usual));
  EXPECT_TRUE(written.upstream == usual.upstream);
  EXPECT_TRUE(written.downstreams == usual.downstreams);
}

TEST(ConfigChanges, ASettingIsNamedWithBothValues) {
  EXPECT_THAT(OfLan1("", "query-interval = 60\n"), ElementsAre("lan1: query-interval 125 s -> 60 s"))
      << "what follows from it is not told";
  EXPECT_THAT(
      OfLan1("hook = \"tc\"\nfast-leave = true\nttl-threshold = 2\n", ""),
      ElementsAre("lan1: hook tc -> auto", "lan1: ttl-threshold 2 -> 1", "lan1: fast-leave true -> false"));
  EXPECT_THAT(OfLan1("", "version = 2\nlast-member-query-interval = \"500ms\"\n"),
              ElementsAre("lan1: version 3 -> 2", "lan1: last-member-query-interval 1 s -> 0.5 s"));
}

TEST(ConfigChanges, WhatFollowedFromOthersIsToldOnceItIsGiven) {
  EXPECT_THAT(OfLan1("", "startup-query-interval = \"20s\"\n"),
              ElementsAre("lan1: startup-query-interval 31.25 s -> 20 s"));
  EXPECT_THAT(OfLan1("", "startup-query-interval = \"31.25s\"\n"), IsEmpty());
}

TEST(ConfigChanges, WhatTheFamiliesRoundDifferentlyIsToldOfBoth) {
  EXPECT_THAT(OfLan1("", "last-member-query-interval = \"15s\"\n"),
              ElementsAre("lan1: last-member-query-interval 1 s -> 14.4 s (IGMP), 15 s (MLD)"));
}

TEST(ConfigChanges, OfListsItIsToldWhatCameAndWhatWent) {
  EXPECT_THAT(OfLan1("altnet = [\"10.0.0.0/8\", \"10.9.0.0/16\"]\n",
                     "altnet = [\"10.0.0.0/8\", \"2001:db8::/32\"]\n"),
              ElementsAre("lan1: altnet added 2001:db8::/32, removed 10.9.0.0/16"));
  EXPECT_THAT(OfLan1("", "static-groups = [\"239.1.1.1\", \"10.0.0.1@232.1.1.1\"]\n"),
              ElementsAre("lan1: static-groups added 239.1.1.1, 10.0.0.1@232.1.1.1"));
  EXPECT_THAT(OfLan1("boundaries = [\"239.0.0.0/8\"]\n", ""),
              ElementsAre("lan1: boundaries removed 239.0.0.0/8"));
  EXPECT_THAT(OfLan1("", "ssm-ranges = [\"ff3e::/32\"]\n"),
              ElementsAre("lan1: ssm-ranges added ff3e::/32, removed ff3x::/32"))
      << "those of IPv4 stay";
  EXPECT_THAT(OfLan1("deny-groups = [\"239.1.0.0/16\", \"239.2.0.0/16\"]\n",
                     "deny-groups = [\"239.2.0.0/16\", \"239.1.0.0/16\"]\n"),
              ElementsAre("lan1: deny-groups in another order"));
}

TEST(ConfigChanges, AListInsteadOfAWordIsToldAsItIs) {
  EXPECT_THAT(OfLan1("", "forward-up = [\"239.0.0.0/8\", \"ff15::/16\"]\n"),
              ElementsAre("lan1: forward-up always -> 239.0.0.0/8, ff15::/16"));
  EXPECT_THAT(OfLan1("", "allow-groups = [\"239.0.0.0/8\"]\n"),
              ElementsAre("lan1: allow-groups unset -> 239.0.0.0/8"));
  EXPECT_THAT(
      OfLan1("allow-groups = [\"239.0.0.0/8\"]\n", "allow-groups = [\"239.0.0.0/8\", \"238.0.0.0/8\"]\n"),
      ElementsAre("lan1: allow-groups added 238.0.0.0/8"));
}

TEST(ConfigChanges, InterfacesComeAndGoAndChangeTheirRoles) {
  const std::string head = "upstream = \"wan0\"\ndownstream = ";
  EXPECT_THAT(Sentences(kTwo, head + "[\"lan2\", \"lan3\"]\n[interface.lan3]\nhook = \"tc\"\n"),
              ElementsAre("lan1: no downstream any more", "lan3: new downstream"));
  EXPECT_THAT(Sentences(kTwo, "upstream = \"wan1\"\ndownstream = [\"lan1\", \"lan2\"]\n"),
              ElementsAre("wan1: upstream, instead of wan0"));
  EXPECT_THAT(
      Sentences(kTwo, "upstream = \"lan1\"\ndownstream = [\"wan0\", \"lan2\"]\n"),
      ElementsAre("lan1: no downstream any more", "lan1: upstream, instead of wan0", "wan0: new downstream"));
  EXPECT_THAT(Sentences(kTwo, head + "[\"lan2\", \"lan1\"]\n"), IsEmpty()) << "their order says nothing";
}

TEST(ConfigChanges, WhatIsOfTheWholeInstanceHasNoInterface) {
  EXPECT_THAT(Sentences(kTwo, "loop-guard = \"notice\"\nipv6 = false\n" + kTwo),
              ElementsAre("ipv6 true -> false", "loop-guard block -> notice"));
  EXPECT_THAT(Sentences("ipv6 = false\n" + kTwo, kTwo + "[interface.lan1]\nmld-version = 1\nhook = \"tc\"\n"),
              ElementsAre("ipv6 false -> true", "lan1: hook auto -> tc"));
}

TEST(ConfigChanges, WhatWaitsForTheNextStartSaysSoUntilThen) {
  const Config running = Read(kTwo);
  Config wanted = Read("datapath = \"kernel\"\nuser = \"root\"\n" + kTwo + "[interface.lan1]\nversion = 2\n");
  EXPECT_THAT(Sentences(running, wanted),
              ElementsAre("datapath auto -> kernel (at the next start)",
                          "user unset -> root (at the next start)", "lan1: version 3 -> 2"));
  KeepUntilNextStart(running, wanted);
  EXPECT_EQ(wanted.datapath, DatapathSetting::kAuto);
  const Config again =
      Read("datapath = \"kernel\"\nuser = \"root\"\n" + kTwo + "[interface.lan1]\nversion = 2\n");
  EXPECT_THAT(Sentences(wanted, again), ElementsAre("datapath auto -> kernel (at the next start)",
                                                    "user unset -> root (at the next start)"));
}

TEST(ConfigChanges, RulesOfAnIgmpproxyConfAreToldOneByOne) {
  const std::string head = "phyint wan0 upstream\nphyint lan1 downstream\n";
  EXPECT_THAT(Sentences(head, head + "altnet 10.0.0.0/8\nthreshold 3\n"),
              ElementsAre("lan1: source-check off -> subnet", "lan1: altnet added 10.0.0.0/8",
                          "lan1: ttl-threshold 1 -> 3"));
  // What is permitted after it was denied.
  EXPECT_THAT(Sentences(head, head + "blacklist 239.1.0.0/16\nwhitelist 239.0.0.0/8\n"),
              ElementsAre("lan1: group-rules unset -> deny 239.1.0.0/16, permit 239.0.0.0/8"));
  EXPECT_THAT(
      Sentences(head + "whitelist 239.0.0.0/8\n", head + "whitelist 239.0.0.0/8\nblacklist 239.1.0.0/16\n"),
      ElementsAre("lan1: deny-groups added 239.1.0.0/16"));
  EXPECT_THAT(Sentences(head, "quickleave\n" + head), ElementsAre("lan1: fast-leave false -> true"));
}

TEST(ConfigChanges, InterfacesThatAreNotNamedAreToldTogether) {
  const std::string head = "phyint wan0 upstream\nphyint lan1 downstream\n";
  const std::string every = "defaultdown\n" + head;
  EXPECT_THAT(Sentences(head, every), ElementsAre("every other interface: new downstream"));
  EXPECT_THAT(Sentences(every, head), ElementsAre("every other interface: no downstream any more"));
  EXPECT_THAT(Sentences(every, every + "phyint lan2 disabled\n"),
              ElementsAre("lan2: disabled false -> true"));
  EXPECT_THAT(Sentences(every + "phyint lan2 disabled\n", every),
              ElementsAre("lan2: disabled true -> false"));
  EXPECT_THAT(Sentences(head, head + "phyint lan2 disabled\n"), IsEmpty()) << "it was none before";
  EXPECT_THAT(Sentences(every, every + "phyint lan2 downstream threshold 2\n"),
              ElementsAre("lan2: ttl-threshold 1 -> 2"))
      << "it was one before";
  EXPECT_THAT(Sentences(every + "phyint lan2 downstream threshold 2\n", every),
              ElementsAre("lan2: ttl-threshold 2 -> 1"));
  EXPECT_THAT(
      Sentences(every, "quickleave\n" + every),
      ElementsAre("lan1: fast-leave false -> true", "every other interface: fast-leave false -> true"));
}

TEST(ConfigChanges, AnotherGrammarOfTheSameMeaningIsNoChange) {
  EXPECT_THAT(
      Sentences("phyint wan0 upstream\nphyint lan1 downstream\n",
                "upstream = \"wan0\"\ndownstream = \"lan1\"\nipv6 = false\n"
                "[interface.wan0]\nsource-check = \"off\"\n[interface.lan1]\nsource-check = \"off\"\n"),
      IsEmpty());
}

/// What Config holds beside settings that are told is nothing: where no change is told the floors below are
/// given the same.
TEST(ConfigChanges, WhereNothingIsToldNothingDiffers) {
  const std::vector<std::string> tables = {
      "hook = \"tc\"\n",          "altnet = \"10.0.0.0/8\"\n",
      "robustness = 3\n",         "group-membership-interval = \"rfc3376\"\n",
      "over-limit = \"widen\"\n", "deny-sources = \"10.0.0.1\"\n",
      "ssm-only = true\n",        ""};
  for (const std::string& a : tables) {
    for (const std::string& b : tables) {
      const Config before = Read(kTwo + "[interface.lan1]\n" + a);
      const Config after = Read(kTwo + "[interface.lan1]\n" + b);
      EXPECT_EQ(ChangesOf(before, after).empty(), before.downstreams == after.downstreams) << a << b;
    }
  }
}

}  // namespace
}  // namespace bpfcast
