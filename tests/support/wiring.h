// Cables between namespaces, and what a machine at the end of one needs.
#pragma once

#include <string>

#include "support/netns.h"

namespace bpfcast::test {

/// A veth pair between two namespaces; both ends are down.
void Veth(const NetNs& near, const std::string& name, const NetNs& far, const std::string& far_name);

/// Without these native XDP loses or damages every frame that comes from or goes to this end, silently.
void ReadyForXdp(const NetNs& ns, const std::string& interface);

/// An IPv4 machine: `address` with /24, up, no source filter of its own, ready to face native XDP.
void ReadyHost(const NetNs& ns, const std::string& interface, const std::string& address);

}  // namespace bpfcast::test
