#include "agent/hook_choice.h"

namespace bpfcast {
namespace {

std::string DriverName(const PortFacts& facts) {
  return facts.driver.empty() ? "the interface" : facts.driver;
}

/// Why native XDP cannot run here; empty when it can, or when only trying tells.
std::string XdpObstacle(const PortFacts& facts) {
  if (!facts.ethernet) return DriverName(facts) + " has no Ethernet header";
  if (facts.features_known && !facts.xdp_native) return DriverName(facts) + " has no native XDP";
  return {};
}

}  // namespace

HookChoice ChooseHook(HookSetting setting, const PortFacts& facts) {
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
  if (!facts.features_known)
    return {Hook::kTc, target, "this kernel does not tell which drivers have native XDP"};
  // A veth peer hands over packets whose checksum is still to be filled in by hardware, and XDP cannot see
  // that.
  if (facts.driver == "veth") return {Hook::kTc, target, "veth peers may leave checksums unfinished"};
  return {Hook::kXdp, target, DriverName(facts) + " has native XDP"};
}

}  // namespace bpfcast
