#include "agent/hook_choice.h"

#include <gtest/gtest.h>

#include <string>

namespace bpfcast {
namespace {

PortFacts Facts(const std::string& driver, bool native, bool target) {
  PortFacts facts;
  facts.driver = driver;
  facts.ethernet = true;
  facts.xdp_native = native;
  facts.xdp_target = target;
  facts.features_known = true;
  return facts;
}

PortFacts Tunnel() {
  PortFacts facts = Facts("tun", true, true);
  facts.ethernet = false;
  return facts;
}

PortFacts OldKernel() {
  PortFacts facts;
  facts.driver = "ixgbe";
  facts.ethernet = true;
  return facts;
}

PortFacts StripsTags() {
  PortFacts facts = Facts("ixgbe", true, true);
  facts.strips_vlan_tags = true;
  return facts;
}

struct Choice {
  std::string name;
  HookSetting setting;
  PortFacts facts;
  Hook hook;
  bool xdp_target;
  std::string reason;
};

void PrintTo(const Choice& choice, std::ostream* out) {
  *out << choice.name;
}

class HookChoiceTable : public testing::TestWithParam<Choice> {};

TEST_P(HookChoiceTable, GivesHookTargetAndReason) {
  const HookChoice choice = ChooseHook(GetParam().setting, GetParam().facts);
  EXPECT_EQ(choice.hook, GetParam().hook);
  EXPECT_EQ(choice.xdp_target, GetParam().xdp_target);
  EXPECT_EQ(choice.reason, GetParam().reason);
}

using enum HookSetting;

INSTANTIATE_TEST_SUITE_P(
    Corpus, HookChoiceTable,
    testing::Values(
        Choice{"NativeDriverTakesXdp", kAuto, Facts("ixgbe", true, true), Hook::kXdp, true,
               "ixgbe has native XDP"},
        Choice{"TargetIsIndependentOfTheHook", kAuto, Facts("virtio_net", true, false), Hook::kXdp, false,
               "virtio_net has native XDP"},
        Choice{"VethTakesTc", kAuto, Facts("veth", true, true), Hook::kTc, true,
               "veth peers may leave checksums unfinished"},
        Choice{"BridgeTakesTc", kAuto, Facts("bridge", false, false), Hook::kTc, false,
               "bridge has no native XDP"},
        Choice{"NamelessDriverTakesTc", kAuto, Facts("", false, false), Hook::kTc, false,
               "the interface has no native XDP"},
        Choice{"TunnelIsNoXdpTarget", kAuto, Tunnel(), Hook::kTc, false, "tun has no Ethernet header"},
        Choice{"OldKernelTakesTc", kAuto, OldKernel(), Hook::kTc, false,
               "this kernel does not tell what its drivers can do with XDP (6.3 does)"},
        Choice{
            "XdpOnAnOldKernel", kXdp, OldKernel(), Hook::kTc, false,
            "xdp configured, but this kernel does not tell what its drivers can do with XDP (6.3 does): tc"},
        Choice{"F_24_HiddenVlanTagsTakeTc", kAuto, StripsTags(), Hook::kTc, true,
               "ixgbe hides VLAN tags from XDP; `ethtool -K ... rxvlan off` lets it run"},
        Choice{"XdpOnVethWhenConfigured", kXdp, Facts("veth", true, false), Hook::kXdp, false, "configured"},
        Choice{"XdpWhereThereIsNone", kXdp, Facts("bridge", false, false), Hook::kTc, false,
               "xdp configured, but bridge has no native XDP: tc"},
        Choice{"XdpOnATunnel", kXdp, Tunnel(), Hook::kTc, false,
               "xdp configured, but tun has no Ethernet header: tc"},
        Choice{"TcWhenConfigured", kTc, Facts("ixgbe", true, true), Hook::kTc, true, "configured"}),
    [](const testing::TestParamInfo<Choice>& test) { return test.param.name; });

TEST(HookName, IsTheWordOfTheConfiguration) {
  EXPECT_EQ(HookName(Hook::kXdp), "xdp");
  EXPECT_EQ(HookName(Hook::kTc), "tc");
  EXPECT_EQ(HookName(Hook::kKernel), "kernel");
}

}  // namespace
}  // namespace bpfcast
