// HookChoice: XDP or TC for a port, and why.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "datapath/port_facts.h"

namespace bpfcast {

struct HookChoice {
  Hook hook = Hook::kTc;
  bool xdp_target = false;
  std::string reason;    // one phrase, for display
  bool ethernet = true;  // false: its packets have no link-layer header
};

/// As it is shown and configured.
std::string_view HookName(Hook hook);

/// Native XDP where the driver has it and senders on the link leave finished checksums, TC elsewhere.
HookChoice ChooseHook(HookSetting setting, const PortFacts& facts);

}  // namespace bpfcast
