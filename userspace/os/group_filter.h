// What of the traffic of an interface is IGMP or MLD, as a classic BPF program for a packet socket.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace bpfcast {

/// Takes IGMP and MLD that is not tagged and not for other hosts: frames with a VLAN tag belong to the VLAN
/// interface, frames to other hosts to nobody here. A VLAN id of 0 only carries a priority. For a SOCK_DGRAM
/// socket: offset 0 is the IP header.
///
/// MLD comes behind a Hop-by-Hop header. What comes otherwise is taken to be counted: without one, or
/// with more headers, which the parser refuses whatever they end in.
std::vector<sock_filter> GroupFilter();

}  // namespace bpfcast
