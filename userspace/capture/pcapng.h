// The pcapng format: what Wireshark and tcpdump read. Blocks as text of octets, in the order of this machine.
#pragma once

#include <cstdint>
#include <string>

#include "capture/frame.h"

namespace bpfcast {

/// The first block of a file.
std::string PcapNgHeader();
/// One for each port, before its first frame; frames name it by its place among them.
std::string PcapNgInterface(const std::string& name, LinkKind link);
/// `comment`: shown with the packet; may be empty.
std::string PcapNgFrame(const CapturedFrame& frame, const std::string& comment);

}  // namespace bpfcast
