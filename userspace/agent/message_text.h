// One line for an IGMP or MLD packet, for the debug log.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace bpfcast {

/// "IGMPv3 report from 192.0.2.10: TO_EX 239.1.1.1 {}, ALLOW 232.1.1.1 {10.0.0.1}", whatever the rules of
/// the link make of it; why not, where it cannot be read.
template <class F>
std::string MessageText(std::span<const std::uint8_t> packet);

}  // namespace bpfcast
