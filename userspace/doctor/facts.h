// DoctorFacts: what is known of the machine and, where an agent runs, of what it sees.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datapath/nic_settings.h"
#include "os/bridge_view.h"

namespace bpfcast {

enum class Forwarding : std::uint8_t { kBpf, kKernel };

/// What was counted within the time in which its cause would have shown itself again: 0 when that is over.
struct Recent {
  std::uint64_t count = 0;
  unsigned ago_s = 0;  // the last one
};

/// What the firewall does to packets without doubt, as far as its rules tell.
struct FirewallFact {
  enum class What : std::uint8_t {
    kStreams,  // drops those that the kernel forwards from the upstream
    kQueries,  // drops what the kernel as a host upstream is asked
    kReports,  // drops what it answers
    kSources,  // gives streams another source
  };

  What what = What::kStreams;
  std::string chain;  // "ip filter FORWARD"
  bool ipv6 = false;
  std::string from;             // the port where they arrive; of kReports: leave
  std::vector<std::string> to;  // the ports where they leave; empty: all
};

/// A sentence with the way out, as the agent knows it.
struct Complaint {
  std::string text;
  std::string fix;
};

struct DoctorPort {
  std::string name;
  bool upstream = false;
  // Of the machine.
  bool exists = false;
  bool up = false;  // with carrier
  bool serves_ipv4 = true;
  bool has_ipv4 = false;             // an address
  unsigned reverse_path_filter = 0;  // rp_filter as it takes effect
  unsigned forced_igmp_version = 0;  // force_igmp_version as it takes effect; 0: none
  bool kernel_speaks = false;        // membership = "kernel"
  bool bridge = false;
  bool snooping = false;           // of a bridge
  bool never_router_port = false;  // mcast_router 0
  BridgeView behind;               // of a bridge that snoops
  std::string driver;
  bool xdp_wanted = false;    // hook = "xdp"
  bool xdp_known = false;     // the kernel tells what XDP can do (6.3)
  bool xdp_target = false;    // native XDP may send to it
  bool xdp_occupied = false;  // some XDP program is attached
  NicSettings nic;
  std::uint32_t mtu = 0;
  // Of the agent.
  std::string waiting;  // why it does not work
  std::string hook;     // empty: none
  std::string hook_reason;
  std::uint64_t received = 0;      // packets of streams
  bool arriving = false;           // some of them now
  std::uint64_t queries_sent = 0;  // of both families
  std::uint64_t reports_received = 0;
  std::optional<unsigned> last_query_s;  // how long ago another router queried; nothing: never
  Recent refused_by_limit;
  Recent refused_by_policy;
  Recent refused_ssm;               // source-specific groups without sources, from older hosts
  Recent overflows;                 // IGMP and MLD packets lost at the socket
  std::string other_querier;        // who is the querier of a downstream in our place
  bool served = true;               // members get packets
  std::vector<std::string> wanted;  // groups that go there; of a bridge that snoops
  unsigned query_interval_s = 125;
};

struct DoctorFacts {
  std::string kernel;  // "6.1.0-13-amd64"
  bool btf = false;
  bool bpffs = false;
  std::vector<std::string> missing_capabilities;
  Forwarding forwarding = Forwarding::kBpf;
  std::string forwarding_reason;  // why the kernel forwards, where that was not asked for
  std::string mroute_owner;       // "smcrouted (process 12)": who else has the kernel's multicast routing
  std::vector<std::string> mroute_interfaces;  // of ours, that another one has in it
  std::uint64_t reverse_path_drops = 0;        // packets that rp_filter dropped so far, on any interface
  bool reverse_path_drops_now = false;         // does it go on? Only an agent knows
  std::vector<FirewallFact> firewall;
  bool legacy_firewall = false;         // rules of iptables-legacy, at which nobody looks
  bool kernel_routes_multicast = true;  // it has the code for it
  unsigned igmp_robustness = 2;         // net.ipv4.igmp_qrv
  std::vector<DoctorPort> ports;

  bool agent = false;  // one answers
  double uptime_s = 0;
  std::size_t groups_asked = 0;         // upstream
  std::size_t groups_asked_ipv6 = 0;    // those of them that are IPv6
  std::vector<Complaint> refused_data;  // streams that somebody wants and that are refused
};

}  // namespace bpfcast
