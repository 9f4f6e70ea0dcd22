#include "doctor/findings.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/sysctl_name.h"

namespace bpfcast {
namespace {

std::string Join(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// "3 packets were lost" becomes "3 packets were lost, the last 7 s ago".
std::string LastOf(const Recent& recent) {
  return ", the last " + std::to_string(recent.ago_s) + " s ago";
}

/// Is "6.1.0-13-amd64" at least 6.1?
bool IsAtLeast(const std::string& kernel, int major, int minor) {
  int numbers[2] = {0, 0};
  const char* at = kernel.data();
  const char* end = at + kernel.size();
  for (int& number : numbers) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return false;
    at = next == end ? end : next + 1;
  }
  return numbers[0] != major ? numbers[0] > major : numbers[1] >= minor;
}

class Doctor {
 public:
  explicit Doctor(const DoctorFacts& facts) : facts_(facts) {}

  std::vector<Finding> Findings() {
    Machine();
    Agent();
    for (const DoctorPort& port : facts_.ports) Port(port);
    return std::move(findings_);
  }

 private:
  void Add(const char* id, Level level, const std::string& object, std::string text, std::string fix = {},
           const char* symptom = "") {
    findings_.push_back({id, level, object, std::move(text), std::move(fix), symptom});
  }

  bool KernelForwards() const { return facts_.forwarding == Forwarding::kKernel; }

  void Machine() {
    if (IsAtLeast(facts_.kernel, 6, 1)) {
      Add("kernel", Level::kOk, "machine",
          "Linux " + facts_.kernel +
              (IsAtLeast(facts_.kernel, 6, 3) ? ""
                                              : ", too old to tell what XDP can do: TC serves every port"));
    } else {
      Add("kernel", Level::kFail, "machine", "Linux " + facts_.kernel + " is too old",
          "use Linux 6.1 or newer");
    }
    if (facts_.missing_capabilities.empty()) {
      Add("capabilities", Level::kOk, "machine", "all capabilities are there");
    } else {
      Add("capabilities", KernelForwards() && facts_.agent ? Level::kWarn : Level::kFail, "machine",
          Join(facts_.missing_capabilities, ", ") + " missing",
          "start as root, or in the unit: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW CAP_BPF",
          "never-starts");
    }
    if (!KernelForwards()) {
      if (!facts_.bpffs) {
        Add("bpffs", Level::kFail, "machine", "no BPF file system on /sys/fs/bpf",
            "mount -t bpf bpf /sys/fs/bpf");
      }
      if (!facts_.btf) {
        Add("btf", Level::kWarn, "machine",
            "the kernel has no BTF: copies that a full transmit ring refuses are not counted",
            "use a kernel with CONFIG_DEBUG_INFO_BTF");
      }
    } else if (!facts_.forwarding_reason.empty()) {
      Add("forwarding", Level::kWarn, "machine",
          "the kernel's multicast routing forwards: " + facts_.forwarding_reason,
          "take that away and restart bpfcastd, or say datapath = \"kernel\"");
    }
    const bool ipv4 = std::any_of(facts_.ports.begin(), facts_.ports.end(),
                                  [](const DoctorPort& port) { return port.serves_ipv4; });
    if (KernelForwards() && ipv4 && !facts_.kernel_routes_multicast) {
      Add("mroute", Level::kFail, "machine",
          "this kernel has no multicast routing of IPv4 (Protocol not available)",
          "use a kernel with CONFIG_IP_MROUTE, or datapath = \"bpf\"", "never-starts");
    }
    MrouteOwner();
    Firewall();
  }

  /// What lets multicast of a kind pass, in front of all rules of the chain.
  static std::string NftAccept(const FirewallFact& fact, const std::string& what) {
    return "nft insert rule " + fact.chain + " " + what + " accept";
  }
  static std::string ToGroups(const FirewallFact& fact) {
    return fact.ipv6 ? "ip6 daddr ff00::/8" : "ip daddr 224.0.0.0/4";
  }

  void FirewallRule(const FirewallFact& fact) {
    const std::string family = fact.ipv6 ? "IPv6" : "IPv4";
    const std::string to = fact.to.empty() ? "" : " to " + Join(fact.to, ", ");
    const bool asked =
        fact.ipv6 ? facts_.groups_asked_ipv6 > 0 : facts_.groups_asked > facts_.groups_asked_ipv6;
    const Level blocks = asked ? Level::kFail : Level::kWarn;
    switch (fact.what) {
      case FirewallFact::What::kStreams:
        if (!KernelForwards()) {
          return Add("firewall", Level::kOk, "machine",
                     "the firewall's chain " + fact.chain + " drops " + family +
                         " streams; what bpfcast forwards passes by it");
        }
        return Add("firewall", blocks, "machine",
                   "the kernel forwards, and the firewall's chain " + fact.chain + " drops " + family +
                       " streams" + to,
                   NftAccept(fact, ToGroups(fact)), "stops-after-seconds");
      case FirewallFact::What::kQueries:
        return Add("firewall-queries", blocks, fact.from,
                   "membership = \"kernel\", and the firewall's chain " + fact.chain +
                       " drops the queries of " + family + ", so that the kernel does not answer them",
                   NftAccept(fact, fact.ipv6 ? "icmpv6 type mld-listener-query" : "ip protocol igmp"),
                   "stops-at-260-s");
      case FirewallFact::What::kReports:
        return Add("firewall-reports", blocks, fact.from,
                   "membership = \"kernel\", and the firewall's chain " + fact.chain +
                       " drops what the kernel reports in " + family,
                   NftAccept(fact, fact.ipv6 ? "icmpv6 type mld2-listener-report" : "ip protocol igmp"),
                   "joined-no-data");
      case FirewallFact::What::kSources:
        if (!KernelForwards()) return;
        return Add(
            "masquerade", Level::kWarn, "machine",
            "the kernel forwards, and the firewall's chain " + fact.chain + " gives " + family +
                " streams from " + fact.from + to +
                " another source, which members that ask for the real one do not take",
            NftAccept(fact, ToGroups(fact)) + ", then: conntrack -D -p udp, for streams that flow already",
            "no-ssm");
    }
  }

  void Firewall() {
    for (const FirewallFact& fact : facts_.firewall) FirewallRule(fact);
    const bool speaks = std::any_of(facts_.ports.begin(), facts_.ports.end(),
                                    [](const DoctorPort& each) { return each.kernel_speaks; });
    if (facts_.legacy_firewall && (KernelForwards() || speaks)) {
      Add("firewall-legacy", Level::kOk, "machine",
          "there are rules of iptables-legacy, which are not looked at: iptables-legacy -S " +
              std::string(KernelForwards() ? "FORWARD" : "INPUT") + " shows them");
    }
  }

  void MrouteOwner() {
    const std::string owner = facts_.mroute_owner.empty() ? "another program" : facts_.mroute_owner;
    if (!facts_.mroute_interfaces.empty()) {
      Add("mroute-owner", KernelForwards() ? Level::kFail : Level::kWarn, Join(facts_.mroute_interfaces, ","),
          owner + " has the kernel's multicast routing here: members may get packets twice, or none",
          "stop " + owner, "twice");
    } else if (KernelForwards() && !facts_.agent && !facts_.mroute_owner.empty()) {
      Add("mroute-owner", Level::kFail, "machine", owner + " has the kernel's multicast routing",
          "stop " + owner, "starts-late");
    }
  }

  void Agent() {
    if (!facts_.agent) {
      Add("agent", Level::kFail, "agent", "no bpfcastd answers", "bpfcastd -c FILE", "never-starts");
      return;
    }
    Add("agent", Level::kOk, "agent", "bpfcastd answers");
    for (const Complaint& complaint : facts_.refused_data) {
      Add("data-refused", Level::kFail, "agent", complaint.text, complaint.fix, "stops-after-seconds");
    }
  }

  void Port(const DoctorPort& port) {
    const std::size_t before = findings_.size();
    if (!port.exists) {
      return Add("interface", Level::kFail, port.name, "there is no such interface",
                 "create it, or correct its name in the configuration; bpfcastd waits for it",
                 "dead-after-reboot");
    }
    if (!port.up) {
      return Add("interface", Level::kFail, port.name, "the link is down",
                 "ip link set " + port.name + " up, and look at the cable", "dead-after-reboot");
    }
    if (port.serves_ipv4 && !port.has_ipv4) {
      Add("address", Level::kFail, port.name,
          port.upstream ? "no IPv4 address: reports leave from 0.0.0.0, which routers may ignore"
                        : "no IPv4 address: IPv4 is not served here",
          "ip addr add ADDRESS/LENGTH dev " + port.name + ", or ipv4 = false", "dead-after-reboot");
    }
    ReversePathFilter(port);
    if (port.kernel_speaks && port.forced_igmp_version != 0 && port.forced_igmp_version != 3) {
      Add("igmp-version", Level::kWarn, port.name,
          "the kernel reports here and is forced to IGMPv" + std::to_string(port.forced_igmp_version) +
              ", which names no sources",
          "sysctl -w " + SysctlName("ipv4", port.name, "force_igmp_version") + "=0", "no-ssm");
    }
    if (port.kernel_speaks && facts_.igmp_robustness < 2) {
      Add("robustness", Level::kWarn, port.name,
          "the kernel reports here once only: a report that is lost is not repeated",
          "sysctl -w net.ipv4.igmp_qrv=2");
    }
    Bridge(port);
    Hooks(port);
    if (facts_.agent) {
      if (port.upstream) {
        UpstreamLive(port);
      } else {
        DownstreamLive(port);
      }
      Live(port);
    }
    if (findings_.size() == before) {
      Add("port", Level::kOk, port.name,
          port.hook.empty() ? "up" : "up, " + port.hook + " (" + port.hook_reason + ")");
    }
  }

  void ReversePathFilter(const DoctorPort& port) {
    if (!KernelForwards() || port.reverse_path_filter == 0 || !port.serves_ipv4) return;
    const bool strict = port.reverse_path_filter == 1;
    // The kernel counts since it was booted, for all interfaces together: what arrives tells that it is over.
    if (facts_.agent && (port.arriving || (port.received > 0 && !facts_.reverse_path_drops_now))) return;
    const bool blocks = facts_.agent ? facts_.reverse_path_drops_now : strict;
    Add("rp-filter", blocks ? Level::kFail : Level::kWarn, port.name,
        std::string("the kernel forwards, and ") +
            (strict ? "rp_filter=1 drops senders that no route reaches through it"
                    : "rp_filter=2 drops senders that no route reaches at all") +
            ": " + std::to_string(facts_.reverse_path_drops) + " packets so far, on any interface",
        "sysctl -w net.ipv4.conf.all.rp_filter=0 " + SysctlName("ipv4", port.name, "rp_filter") +
            "=0, or: ip route add SENDERS dev " + port.name,
        "joined-no-data");
  }

  void Bridge(const DoctorPort& port) {
    if (!port.bridge || !port.snooping) return;
    if (port.never_router_port && !port.upstream) {
      Add("bridge-router", Level::kFail, port.name,
          "this bridge snoops and never counts as a multicast router: joins of IGMPv2 hosts do not arrive",
          "ip link set " + port.name + " type bridge mcast_router 1", "only-while-tcpdump-runs");
    }
    if (!port.upstream) BridgePorts(port);
    const bool queried =
        facts_.agent &&
        (port.upstream ? HearsQueries(port) : port.queries_sent > 0 || !port.other_querier.empty());
    if (queried) return;
    Add("snooping", Level::kWarn, port.name,
        "this bridge snoops and nobody queries on it: it forgets receivers after 260 s",
        port.upstream || facts_.agent
            ? "ip link set " + port.name + " type bridge mcast_querier 1, or mcast_snooping 0"
            : "start bpfcastd, which queries on its downstreams",
        "stops-at-260-s");
  }

  /// A bridge that snoops and hears a querier gives a group to the ports that asked for it and to routers.
  void BridgePorts(const DoctorPort& port) {
    std::vector<std::string> others;
    for (const BridgePort& each : port.behind.ports) {
      if (each.fast_leave) {
        Add("bridge-fast-leave", Level::kOk, port.name,
            "its port " + each.name +
                " has mcast_fast_leave: when a host behind it leaves a group, others there lose it until "
                "they "
                "report again");
      }
      if (!each.router) others.push_back(each.name);
    }
    // Until it has known a querier for a while, which takes 10 s as the kernel has it, a bridge floods.
    constexpr double kBelieves = 10;
    if (facts_.uptime_s < kBelieves) return;
    for (const std::string& group : port.wanted) {
      if (port.behind.groups.contains(group) || others.empty()) continue;
      return Add(
          "bridge-members", Level::kWarn, port.name,
          group +
              " goes there, and no host behind this bridge has asked for it: the bridge snoops and gives "
              "it to none of " +
              Join(others, ", "),
          "bridge mdb add dev " + port.name + " port " + others.front() + " grp " + group +
              " permanent, for each port that shall have it",
          "counts-but-nothing-in-container");
    }
  }

  void Hooks(const DoctorPort& port) {
    if (KernelForwards()) return;
    if (port.hook_reason.find("of somebody else") != std::string::npos ||
        (!facts_.agent && port.xdp_occupied)) {
      Add("xdp-owner", Level::kWarn, port.name,
          port.hook_reason.empty() ? "an XDP program is attached already, so TC will serve it"
                                   : port.hook_reason + ", so TC serves it",
          "ip link set " + port.name + " xdp off, if that program is not needed");
    }
    XdpRefused(port);
    const bool xdp_sends =
        port.xdp_wanted || std::any_of(facts_.ports.begin(), facts_.ports.end(),
                                       [](const DoctorPort& each) { return each.hook == "xdp"; });
    if (port.driver == "veth" && port.xdp_known && !port.xdp_target && xdp_sends && !LacksQueues(port)) {
      Add("veth-gro", Level::kWarn, port.name,
          std::string(
              "its other end has neither GRO nor an XDP program, so that native XDP cannot send to it") +
              (port.xdp_wanted ? ": hook = \"xdp\" sends by TC there" : "; TC does"),
          "ethtool -K PEER gro on, in the namespace of the other end", "counts-but-nothing-in-container");
    }
    if (facts_.agent && port.hook.empty() && port.waiting.empty()) {
      Add("forwarding", Level::kFail, port.name, "nothing is forwarded here: " + port.hook_reason,
          "bpfcast ports, and the log of bpfcastd", "never-starts");
    }
  }

  /// A veth has native XDP unless that is so (Linux 6.3).
  static bool LacksQueues(const DoctorPort& port) {
    return port.hook_reason.find("veth has no native XDP") != std::string::npos;
  }

  /// The driver has native XDP and does not take the program. It says why in the kernel's log alone.
  void XdpRefused(const DoctorPort& port) {
    if (LacksQueues(port)) {
      return Add(
          "xdp-refused", Level::kWarn, port.name,
          "it has fewer queues to receive than its other end has to send, so that there is no native XDP",
          "ethtool -L " + port.name + " rx " + std::to_string(port.nic.most_rx) +
              ", or at its other end: ethtool -L PEER tx 1");
    }
    constexpr std::string_view kBecause = "because native XDP: ";
    const std::size_t at = port.hook_reason.find(kBecause);
    if (at == std::string::npos || port.hook_reason.find("of somebody else") != std::string::npos) return;
    const std::string error = port.hook_reason.substr(at + kBecause.size());
    const bool veth = port.driver == "veth";
    const std::string& name = port.name;
    std::vector<std::string> causes;
    std::vector<std::string> fixes;
    if (port.nic.lro) {
      causes.emplace_back("LRO is on");
      fixes.push_back("ethtool -K " + name + " lro off");
    }
    if (port.nic.gro_hw && !port.nic.gro_hw_fixed) {
      causes.emplace_back("rx-gro-hw is on");
      fixes.push_back("ethtool -K " + name + " rx-gro-hw off");
    } else if (port.nic.gro_hw && port.driver == "virtio_net") {
      causes.emplace_back("rx-gro-hw is on, by the host of this machine");
      fixes.emplace_back("in QEMU: guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off");
    }
    constexpr unsigned kOnePage = 3000;  // about what drivers take of a program without fragments
    if (port.mtu > kOnePage) {
      causes.push_back("its MTU of " + std::to_string(port.mtu) + " may be more than XDP takes");
      fixes.push_back("ip link set " + name + " mtu 1500" + (veth ? ", at its other end, too" : ""));
    }
    if (causes.empty() && port.nic.combined > 1) {
      causes.emplace_back("it may have no queues left for XDP");
      fixes.push_back("ethtool -L " + name + " combined " + std::to_string(port.nic.combined / 2));
    }
    if (fixes.empty()) fixes.emplace_back("dmesg may tell why");
    Add("xdp-refused", Level::kWarn, name,
        "its driver refuses native XDP (" + error + "), so TC serves it" + (causes.empty() ? "" : ": ") +
            Join(causes, ", "),
        Join(fixes, "; "));
  }

  /// Of another router: one of the last two must have come.
  static bool HearsQueries(const DoctorPort& port) {
    constexpr unsigned kResponse = 10;  // queries are late by chance, and so are we
    return port.last_query_s && *port.last_query_s <= 2 * port.query_interval_s + kResponse;
  }

  void UpstreamLive(const DoctorPort& port) {
    if (HearsQueries(port)) {
      Add("upstream-query", Level::kOk, port.name, "queries of a router arrive");
      return;
    }
    if (port.waiting.empty() && port.hook.empty()) return;  // nothing is heard there for another reason
    constexpr double kPatience = 10;  // what was asked for at the start may be on its way
    const bool blocks = facts_.groups_asked > 0 && !port.arriving && facts_.uptime_s >= kPatience;
    const bool soon = facts_.uptime_s < (facts_.groups_asked > 0 ? kPatience : 2.0 * port.query_interval_s);
    if (soon) return;
    Add("upstream-query", blocks ? Level::kFail : Level::kWarn, port.name,
        (port.last_query_s ? "the last query was heard " + std::to_string(*port.last_query_s) + " s ago"
                           : std::string("no query was heard") + (blocks ? "" : " since the start")) +
            (blocks ? ", and no multicast arrives although " + std::to_string(facts_.groups_asked) +
                          (facts_.groups_asked == 1 ? " group is" : " groups are") + " asked for"
                    : "") +
            ": a router or a switch between may not know of the members",
        "see whether queries reach the port: tcpdump -ni " + port.name + " igmp or icmp6", "stops-at-260-s");
  }

  void DownstreamLive(const DoctorPort& port) {
    const std::string table = " in [interface." + port.name + "]";
    if (!port.other_querier.empty() && port.served) {
      Add("other-querier", Level::kOk, port.name,
          port.other_querier +
              " is the querier here, and forward-if-not-querier = true serves members beside it");
    } else if (!port.other_querier.empty()) {
      Add("other-querier", Level::kFail, port.name,
          port.other_querier + " is the querier here, so that bpfcast forwards nothing to this link",
          "stop the querier there, or set forward-if-not-querier = true" + table, "stops-at-260-s");
    } else if (port.queries_sent >= 3 && port.reports_received == 0) {
      Add("no-reports", Level::kWarn, port.name,
          "no host ever answered " + std::to_string(port.queries_sent) + " queries",
          "join at a receiver (bpfcast recv GROUP); look for a firewall there and a switch between that "
          "stops IGMP",
          "never-starts");
    }
    if (port.refused_ssm.count > 0) {
      Add("older-hosts", Level::kWarn, port.name,
          std::to_string(port.refused_ssm.count) + " joins of source-specific groups named no source" +
              LastOf(port.refused_ssm),
          "let those hosts join with a source, in IGMPv3 or MLDv2 (force_igmp_version=0 there)", "no-ssm");
    }
    if (port.refused_by_limit.count > 0) {
      Add("limit", Level::kWarn, port.name,
          std::to_string(port.refused_by_limit.count) + " requests of hosts found no room" +
              LastOf(port.refused_by_limit),
          "raise max-groups, max-sources or max-packets-per-second" + table, "group-limit");
    }
    if (port.refused_by_policy.count > 0) {
      Add("policy", Level::kOk, port.name,
          "the access list refused " + std::to_string(port.refused_by_policy.count) + " requests" +
              LastOf(port.refused_by_policy));
    }
  }

  void Live(const DoctorPort& port) {
    if (!port.waiting.empty() && port.waiting.find("address") == std::string::npos) {
      Add("waiting", Level::kFail, port.name, "waits: " + port.waiting, "bpfcast ports", "never-starts");
    }
    if (port.overflows.count > 0) {
      Add("overflows", Level::kWarn, port.name,
          std::to_string(port.overflows.count) + " IGMP and MLD packets found no room in the socket" +
              LastOf(port.overflows),
          "find out who sends so many: tcpdump -ni " + port.name + " igmp or icmp6");
    }
  }

  const DoctorFacts& facts_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Diagnose(const DoctorFacts& facts) {
  return Doctor(facts).Findings();
}

bool AnyFails(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& each) { return each.level == Level::kFail; });
}

}  // namespace bpfcast
