// What a program decided about a packet, for people.
#pragma once

#include <string>

#include "capture/frame.h"

namespace bpfcast {

/// "forwarded by xdp", "forwarded by tc; 1 copy dropped: mtu", "dropped: rpf (the source belongs to another
/// interface)"
std::string VerdictText(const Judgement& judgement);

}  // namespace bpfcast
