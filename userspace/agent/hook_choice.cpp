#include "agent/hook_choice.h"

namespace bpfcast {
namespace {

std::string DriverName(const PortFacts& facts) {
  return facts.driver.empty() ? "the interface" : facts.driver;
}

/// Why native XDP cannot forward here; empty when it can.
std::string XdpObstacle(const PortFacts& facts) {
  if (!facts.ethernet) return DriverName(facts) + " has no Ethernet header";
  // Without the features nobody knows to which ports XDP may send; it would forward nothing.
  if (!facts.features_known) return "this kernel does not tell what its drivers can do with XDP (6.3 does)";
  if (!facts.xdp_native) return DriverName(facts) + " has no native XDP";
  return {};
}

HookChoice Choose(HookSetting setting, const PortFacts& facts) {
  const bool target = facts.ethernet && facts.xdp_target;
  const std::string obstacle = XdpObstacle(facts);
  switch (setting) {
    case HookSetting::kTc:
      return {Hook::kTc, target, "configured"};
    case HookSetting::kXdp:
      if (!obstacle.empty()) return {Hook::kTc, target, "xdp configured, but " + obstacle + ": tc"};
      return {Hook::kXdp, target, "configured"};
    case HookSetting::kAuto:
      break;
  }
  if (!obstacle.empty()) return {Hook::kTc, target, obstacle};
  // A veth peer hands over packets whose checksum is still to be filled in by hardware, and XDP cannot see
  // that.
  if (facts.driver == "veth") return {Hook::kTc, target, "veth peers may leave checksums unfinished"};
  // F-24: what belongs to a VLAN would be forwarded as if it were this interface's own.
  if (facts.strips_vlan_tags) {
    return {Hook::kTc, target,
            DriverName(facts) + " hides VLAN tags from XDP; `ethtool -K ... rxvlan off` lets it run"};
  }
  return {Hook::kXdp, target, DriverName(facts) + " has native XDP"};
}

}  // namespace

std::string_view HookName(Hook hook) {
  switch (hook) {
    case Hook::kXdp:
      return "xdp";
    case Hook::kTc:
      return "tc";
    case Hook::kKernel:
      return "kernel";
  }
  return {};
}

HookChoice ChooseHook(HookSetting setting, const PortFacts& facts) {
  HookChoice choice = Choose(setting, facts);
  choice.ethernet = facts.ethernet;
  return choice;
}

}  // namespace bpfcast
