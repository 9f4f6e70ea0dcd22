// The VLAN tag that the kernel keeps beside a frame.
#pragma once

#include "capture/frame.h"

namespace bpfcast {

struct VlanTag {
  std::uint16_t protocol = 0;  // 0: none
  std::uint16_t tci = 0;
};

/// Puts it back to its place in an Ethernet frame.
void InsertTag(const VlanTag& tag, CapturedFrame& frame);

}  // namespace bpfcast
