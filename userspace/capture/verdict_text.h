// What a program decided about a packet, for people.
#pragma once

#include <string>
#include <string_view>

#include "capture/frame.h"

namespace bpfcast {

/// "forwarded by xdp", "forwarded by tc; 1 copy dropped: mtu", "dropped: rpf (the source belongs to another
/// interface)"
std::string VerdictText(const Judgement& judgement);
/// The same of a counter: "passed on: from upstream, and no route", "dropped: bad header", "copy dropped: the
/// port is down or gone". A name that we do not know stays as it is.
std::string MeaningOf(std::string_view counter);

}  // namespace bpfcast
