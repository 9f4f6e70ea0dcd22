// A captured frame as a line of text, and as JSON.
#pragma once

#include <string>

#include "capture/frame.h"

namespace bpfcast {

/// "12:04:05.123456 wan0 in  10.0.0.1 > 239.1.2.3 udp 5000, TTL 16, 242 octets: forwarded by xdp"; the time
/// in that of this machine.
std::string FrameLine(const CapturedFrame& frame, const std::string& port, LinkKind link);
/// One line of JSON.
std::string FrameJson(const CapturedFrame& frame, const std::string& port, LinkKind link);

}  // namespace bpfcast
