// What a firewall does to a packet. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/firewall.h"

namespace bpfcast {

/// An address of which the first bits are known.
struct AddressRange {
  std::vector<std::uint8_t> octets;  // 4 or 16; empty: nothing is known
  unsigned bits = 0;
};

struct FirewallPort {
  std::string name;
  std::uint32_t index = 0;
};

/// A multicast packet, or several that have what is told of them.
struct FirewallPacket {
  bool ipv6 = false;
  std::uint8_t protocol = 0;
  std::uint8_t next_header = 0;         // of the IPv6 header itself, which may be an extension
  std::optional<std::uint8_t> message;  // the first octet behind the IP headers
  AddressRange source;
  AddressRange destination;
  std::optional<FirewallPort> input;  // nothing: of this machine
  std::optional<FirewallPort> output;
  std::uint32_t connection = 0;  // the bit of its state
};

/// UDP to any group. Conntrack calls all packets of a stream new, for nobody answers.
FirewallPacket StreamPacket(bool ipv6);
/// A general query, and a report of IGMPv3 or MLDv2. Conntrack does not track MLD.
FirewallPacket QueryPacket(bool ipv6);
FirewallPacket ReportPacket(bool ipv6);

/// The base chains at this hook that drop the packet without doubt, or, those of NAT, give it another source.
/// "ip filter FORWARD".
std::vector<std::string> ChainsThatDrop(const Firewall& firewall, FirewallHook hook,
                                        const FirewallPacket& packet);
std::vector<std::string> ChainsThatRewrite(const Firewall& firewall, const FirewallPacket& packet);

}  // namespace bpfcast
