// FrameFilter: which multicast packets are captured.
#pragma once

#include <vector>

#include "capture/frame_facts.h"

namespace bpfcast {

/// Empty lists are all groups and all sources; addresses as in FrameFacts.
struct FrameFilter {
  std::vector<Ipv6Address> groups;
  std::vector<Ipv6Address> sources;

  bool Takes(const FrameFacts& facts) const;
};

}  // namespace bpfcast
