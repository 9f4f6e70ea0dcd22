// Cables between namespaces, and what a machine at the end of one needs.
#pragma once

#include <string>
#include <vector>

#include "support/netns.h"

namespace bpfcast::test {

/// A veth pair between two namespaces; both ends are down.
void Veth(const NetNs& near, const std::string& name, const NetNs& far, const std::string& far_name);

/// Without these native XDP loses or damages every frame that comes from or goes to this end, silently.
void ReadyForXdp(const NetNs& ns, const std::string& interface);

/// A machine with one interface: up, no source filter of its own, ready to face native XDP. `addresses` with
/// their lengths; those of IPv6 need a namespace that has it.
void ReadyHost(const NetNs& ns, const std::string& interface, const std::vector<std::string>& addresses);

/// Until IPv6 can send multicast on the interface: the kernel tells IPv6 of a carrier up to a second later.
void WaitForIpv6(const NetNs& ns, const std::string& interface);

/// "addr add ADDRESS dev INTERFACE" for each; those of IPv6 are usable at once.
std::string AddAddresses(const std::string& interface, const std::vector<std::string>& addresses);

}  // namespace bpfcast::test
