#include "doctor/symptoms.h"

namespace bpfcast {

const std::vector<Symptom>& Symptoms() {
  static const std::vector<Symptom> symptoms = {
      {"never-starts",
       "no picture at all, on any receiver",
       "an interface without address or carrier, or the sender is refused: its network, its TTL, its "
       "interface",
       {"interface", "address", "data-refused", "forwarding", "agent", "mroute"}},
      {"stops-after-seconds",
       "a picture for 1 to 10 s, then it freezes",
       "unicast came first and multicast does not get through: a firewall, an altnet that lacks the sender, "
       "or "
       "hardware offload",
       {"data-refused", "rp-filter", "firewall"}},
      {"stops-at-140-s",
       "freezes after 140 s",
       "the provider expects reports to be repeated, and its queries do not arrive",
       {"upstream-query"}},
      {"stops-at-260-s",
       "freezes after 255 to 270 s, or at 520 s",
       "the Group Membership Interval: queries do not arrive upstream, or a switch that snoops forgets the "
       "receivers because nobody queries it",
       {"upstream-query", "snooping", "other-querier", "firewall-queries"}},
      {"stops-at-300-s",
       "ends after exactly 300 or 600 s",
       "the provider cuts off who asks for groups of the link (224.0.0.0/24), or a second proxy does",
       {"mroute-owner"}},
      {"starts-late",
       "starts about a minute late",
       "another proxy, or the kernel's multicast routing, remembers the stream as wanted by nobody",
       {"mroute-owner"}},
      {"pauses-each-half-hour",
       "a pause of seconds each half hour, or whenever an address is renewed",
       "a hook of the DHCP client or of the firewall restarts the proxy; `bpfcast status` tells how long it "
       "has "
       "run. bpfcastd follows addresses itself: take the restart out of the hook",
       {"agent"}},
      {"hiccups-on-zap",
       "one TV stutters when another one changes the channel",
       "leaves that do not ask who else watches: fast-leave = \"always\" on a link with several hosts, or "
       "mcast_fast_leave of a bridge",
       {"other-querier", "bridge-fast-leave"}},
      {"dead-after-reboot",
       "dead after a reboot, a power cut or a new address",
       "an interface that came later or has no address; bpfcastd waits for it",
       {"interface", "address"}},
      {"only-while-tcpdump-runs",
       "works only while tcpdump runs",
       "the NIC or the bridge does not let the groups' MAC addresses through without promiscuous mode",
       {"snooping", "bridge-router"}},
      {"joined-no-data",
       "joined, and no data comes",
       "nobody upstream heard the join, or the kernel drops the sender",
       {"upstream-query", "rp-filter", "address", "firewall", "firewall-reports"}},
      {"group-limit",
       "some groups more do not work",
       "a limit: max-groups here, net.ipv4.igmp_max_memberships (20) in programs that use one socket",
       {"limit"}},
      {"counts-but-nothing-in-container",
       "the counters rise, and a container or VM gets nothing",
       "native XDP sends to a veth whose other end has neither GRO nor an XDP program, or the bridge knows "
       "of "
       "nobody who asked",
       {"veth-gro", "bridge-members"}},
      {"udp-checksum-errors",
       "packets arrive, the program sees nothing, UdpInCsumErrors rises",
       "a veth sender left its checksums to hardware that is not there; ethtool -K IF tx off at the sender",
       {"veth-gro", "xdp-owner"}},
      {"twice",
       "every packet arrives twice",
       "two routers, or two programs of this one, forward to the same link",
       {"mroute-owner", "other-querier"}},
      {"no-ssm",
       "source-specific groups (232.0.0.0/8) do not work, others do",
       "hosts or a querier of an older version, which cannot name sources, or a firewall that gives streams "
       "another source",
       {"older-hosts", "igmp-version", "masquerade"}},
  };
  return symptoms;
}

}  // namespace bpfcast
