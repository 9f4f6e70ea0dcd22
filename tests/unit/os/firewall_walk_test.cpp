#include "os/firewall_walk.h"

#include <gtest/gtest.h>

#include <cstring>

namespace bpfcast {
namespace {

using Is = FirewallCondition::Is;
using Field = FirewallField;
using Verdict = FirewallVerdict;
using Octets = std::vector<std::uint8_t>;

const std::string kTable = "ip filter";

FirewallCondition Equals(Field field, Octets value, Octets mask = {}) {
  FirewallCondition condition;
  condition.is = Is::kEqual;
  condition.field = field;
  condition.length = value.size();
  condition.value = std::move(value);
  condition.mask = std::move(mask);
  return condition;
}
FirewallCondition Unknown() {
  return {};
}
Octets Name(const std::string& name) {
  Octets octets(name.begin(), name.end());
  octets.push_back(0);
  return octets;
}
Octets State(std::uint32_t bits) {
  Octets octets(sizeof bits);
  std::memcpy(octets.data(), &bits, sizeof bits);
  return octets;
}

FirewallRule Rule(std::vector<FirewallCondition> conditions, Verdict verdict, const std::string& target = {},
                  const std::string& chain = "FORWARD") {
  FirewallRule rule;
  rule.table = kTable;
  rule.chain = chain;
  rule.conditions = std::move(conditions);
  rule.verdict = verdict;
  rule.target = target;
  return rule;
}

enum class Policy { kAccept, kDrop };

Firewall With(std::vector<FirewallRule> rules, Policy policy) {
  Firewall firewall;
  firewall.chains = {{kTable, "FORWARD", FirewallHook::kForward, false, policy == Policy::kDrop}};
  firewall.rules = std::move(rules);
  return firewall;
}

FirewallPacket Stream() {
  FirewallPacket packet = StreamPacket(false);
  packet.input = {"wan0", 3};
  packet.output = {"lan1", 4};
  return packet;
}

bool Drops(const Firewall& firewall, const FirewallPacket& packet = Stream()) {
  return !ChainsThatDrop(firewall, FirewallHook::kForward, packet).empty();
}

TEST(FirewallWalk, ThePolicyDecidesWhatNoRuleDoes) {
  EXPECT_FALSE(Drops(With({}, Policy::kAccept)));
  EXPECT_TRUE(Drops(With({}, Policy::kDrop)));
  EXPECT_EQ(ChainsThatDrop(With({}, Policy::kDrop), FirewallHook::kForward, Stream()),
            std::vector<std::string>{"ip filter FORWARD"});
  EXPECT_TRUE(ChainsThatDrop(With({}, Policy::kDrop), FirewallHook::kInput, Stream()).empty());
  EXPECT_TRUE(ChainsThatDrop(With({}, Policy::kDrop), FirewallHook::kForward, StreamPacket(true)).empty())
      << "no packet of IPv6 comes to a table of IPv4";
}

TEST(FirewallWalk, ADropAtTheEndIsOneWhateverThePolicy) {
  const FirewallRule of_others = Rule({Equals(Field::kDestination4, {10}, {})}, Verdict::kAccept);
  EXPECT_TRUE(Drops(With({of_others, Rule({}, Verdict::kDrop)}, Policy::kAccept)));
  EXPECT_FALSE(Drops(With({Rule({}, Verdict::kAccept), Rule({}, Verdict::kDrop)}, Policy::kAccept)));
}

TEST(FirewallWalk, WhatMayBeMetIsNoFaultAndWhatIsMetForCertainIsOne) {
  EXPECT_FALSE(Drops(With({Rule({Unknown()}, Verdict::kAccept)}, Policy::kDrop)));
  EXPECT_FALSE(Drops(With({Rule({Unknown()}, Verdict::kDrop)}, Policy::kAccept)));
  const Octets udp{17};
  const Octets tcp{6};
  EXPECT_TRUE(Drops(With({Rule({Equals(Field::kLayer4, udp)}, Verdict::kDrop)}, Policy::kAccept)));
  EXPECT_FALSE(Drops(With({Rule({Equals(Field::kLayer4, tcp)}, Verdict::kDrop)}, Policy::kAccept)));
  EXPECT_FALSE(
      Drops(With({Rule({Equals(Field::kLayer4, udp), Unknown()}, Verdict::kDrop)}, Policy::kAccept)));
}

TEST(FirewallWalk, AddressesAreComparedAsFarAsTheyAreKnown) {
  const auto to = [](Octets value, Octets mask) {
    return With({Rule({Equals(Field::kDestination4, std::move(value), std::move(mask))}, Verdict::kDrop)},
                Policy::kAccept);
  };
  EXPECT_TRUE(Drops(to({224, 0, 0, 0}, {240, 0, 0, 0}))) << "224.0.0.0/4";
  EXPECT_FALSE(Drops(to({239, 0, 0, 0}, {255, 0, 0, 0}))) << "some groups alone";
  FirewallPacket one = Stream();
  one.destination = {{239, 1, 2, 3}, 32};
  EXPECT_TRUE(Drops(to({239, 0, 0, 0}, {255, 0, 0, 0}), one));
  EXPECT_FALSE(Drops(to({239, 1, 2, 4}, {}), one));
}

TEST(FirewallWalk, InterfacesAreComparedByNameAndItsBeginning) {
  const auto through = [](Field field, Octets value) {
    return With({Rule({Equals(field, std::move(value))}, Verdict::kAccept)}, Policy::kDrop);
  };
  EXPECT_FALSE(Drops(through(Field::kInput, Name("wan0"))));
  EXPECT_FALSE(Drops(through(Field::kInput, {'w', 'a', 'n'})));
  EXPECT_TRUE(Drops(through(Field::kInput, Name("wan"))));
  EXPECT_TRUE(Drops(through(Field::kOutput, Name("lan2"))));
  FirewallPacket ours = Stream();
  ours.input.reset();
  EXPECT_TRUE(Drops(through(Field::kInput, Name("wan0")), ours));
}

TEST(FirewallWalk, StreamsAreNewForEver) {
  const auto accepts = [](std::uint32_t states) {
    FirewallCondition has = Equals(Field::kConnection, State(0), State(states));
    has.is = Is::kNotEqual;
    return With({Rule({has}, Verdict::kAccept)}, Policy::kDrop);
  };
  EXPECT_TRUE(Drops(accepts(1 << 1 | 1 << 2))) << "established, related";
  EXPECT_TRUE(Drops(accepts(1 << 0))) << "invalid";
  EXPECT_FALSE(Drops(accepts(1 << 1 | 1 << 3))) << "established, new";
}

TEST(FirewallWalk, JumpsComeBackAndGotosDoNot) {
  const FirewallRule user_drops = Rule({}, Verdict::kDrop, "", "USER");
  const FirewallRule user_returns = Rule({}, Verdict::kReturn, "", "USER");
  const FirewallRule accept = Rule({}, Verdict::kAccept);
  const FirewallRule jump = Rule({}, Verdict::kJump, "USER");
  const FirewallRule go = Rule({}, Verdict::kGoto, "USER");
  EXPECT_TRUE(Drops(With({jump, accept, user_drops}, Policy::kAccept)));
  EXPECT_FALSE(Drops(With({jump, accept, user_returns}, Policy::kDrop)));
  EXPECT_TRUE(Drops(With({go, accept, user_returns}, Policy::kDrop))) << "the end of the chain is the policy";
  const FirewallRule maybe_returns = Rule({Unknown()}, Verdict::kReturn, "", "USER");
  EXPECT_FALSE(Drops(With({jump, accept, maybe_returns, user_drops}, Policy::kDrop)));
  EXPECT_TRUE(Drops(With({jump, maybe_returns, user_drops}, Policy::kDrop)));
}

TEST(FirewallWalk, SetsAndMapsOfSingleValuesAreLookedInto) {
  FirewallCondition in = Equals(Field::kConnection, {});
  in.is = Is::kIn;
  in.length = 4;
  in.set = "__map0";
  FirewallRule by_map = Rule({in}, Verdict::kNone);
  by_map.by_map = true;
  Firewall firewall = With({by_map}, Policy::kDrop);
  FirewallSet& map = firewall.sets[{kTable, "__map0"}];
  map = {true, {{State(1 << 1), Verdict::kAccept, ""}, {State(1 << 0), Verdict::kDrop, ""}}};
  EXPECT_TRUE(Drops(firewall)) << "established: accept, invalid: drop";
  map.elements.push_back({State(1 << 3), Verdict::kAccept, ""});
  EXPECT_FALSE(Drops(firewall)) << "new: accept";
  map.elements.back().verdict = Verdict::kDrop;
  firewall.chains[0].drops = false;
  EXPECT_TRUE(Drops(firewall));
  map.exact = false;
  EXPECT_FALSE(Drops(firewall)) << "nobody can tell";
}

TEST(FirewallWalk, MldIsNotTrackedAndHasAnExtensionHeader) {
  const auto drops = [](FirewallCondition condition) {
    FirewallRule rule = Rule({std::move(condition)}, Verdict::kDrop);
    rule.table = "inet f";
    Firewall firewall = With({rule}, Policy::kAccept);
    firewall.chains[0].table = "inet f";
    return !ChainsThatDrop(firewall, FirewallHook::kForward, QueryPacket(true)).empty();
  };
  EXPECT_TRUE(drops(Equals(Field::kConnection, State(1 << 6))));
  EXPECT_FALSE(drops(Equals(Field::kConnection, State(1 << 3))));
  EXPECT_TRUE(drops(Equals(Field::kNextHeader6, {0})));
  EXPECT_TRUE(drops(Equals(Field::kLayer4, {58})));
  EXPECT_TRUE(drops(Equals(Field::kTransport, {130})));
  EXPECT_FALSE(drops(Equals(Field::kTransport, {128})));
  EXPECT_TRUE(drops(Equals(Field::kSource6, {0xfe, 0x80}, {0xff, 0xc0}))) << "fe80::/10";
}

TEST(FirewallWalk, ChainsOfNatGiveAnotherSourceAndDropNothing) {
  Firewall firewall = With({Rule({}, Verdict::kRewrite)}, Policy::kAccept);
  firewall.chains[0].hook = FirewallHook::kPostrouting;
  firewall.chains[0].nat = true;
  EXPECT_FALSE(ChainsThatRewrite(firewall, Stream()).empty());
  EXPECT_TRUE(ChainsThatDrop(firewall, FirewallHook::kPostrouting, Stream()).empty());
  firewall.rules.insert(
      firewall.rules.begin(),
      Rule({Equals(Field::kDestination4, {224, 0, 0, 0}, {240, 0, 0, 0})}, Verdict::kAccept));
  EXPECT_TRUE(ChainsThatRewrite(firewall, Stream()).empty());
}

}  // namespace
}  // namespace bpfcast
