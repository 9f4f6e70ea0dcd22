#include "doctor/probe.h"

#include <linux/magic.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "datapath/bpf_link.h"
#include "datapath/mroute_owner.h"
#include "datapath/nic_settings.h"
#include "datapath/port_facts.h"
#include "doctor/probe_firewall.h"
#include "os/bridge_view.h"
#include "os/firewall_read.h"
#include "os/link_table.h"
#include "os/netlink.h"
#include "os/privileges.h"
#include "os/reverse_path.h"

namespace bpfcast {
namespace {

unsigned ReadNumber(const std::string& path, unsigned otherwise) {
  std::ifstream file(path);
  unsigned value = otherwise;
  return file >> value ? value : otherwise;
}

/// Of two settings of a kernel that takes the larger one.
unsigned Larger(const std::string& interface, const std::string& setting) {
  const std::string base = "/proc/sys/net/ipv4/conf/";
  return std::max(ReadNumber(base + "all/" + setting, 0), ReadNumber(base + interface + "/" + setting, 0));
}

LinkTable ReadLinks() {
  LinkTable table;
  auto netlink = Netlink::Open(0);
  if (!netlink) return table;
  const auto apply = [&](const nlmsghdr* message) { table.Apply(message); };
  static_cast<void>(netlink->Dump(RTM_GETLINK, AF_UNSPEC, apply));
  static_cast<void>(netlink->Dump(RTM_GETADDR, AF_UNSPEC, apply));
  return table;
}

DoctorPort ProbeOne(const InterfaceConfig& config, const LinkTable& links,
                    const std::map<std::uint32_t, BridgeView>& bridges) {
  DoctorPort port;
  port.name = config.name;
  port.upstream = config.role == PortRole::kUpstream;
  port.serves_ipv4 = config.ipv4.served;
  port.kernel_speaks = port.upstream && config.ipv4.upstream.membership == UpstreamMembership::kKernel;
  port.xdp_wanted = config.hook == HookSetting::kXdp;
  const Link* link = links.Find(config.name);
  if (link == nullptr) return port;
  port.exists = true;
  port.up = link->admin_up && link->running;
  port.has_ipv4 = !link->ipv4.empty();
  port.reverse_path_filter = ReversePathFilter(port.name);
  port.forced_igmp_version = Larger(port.name, "force_igmp_version");
  port.bridge = link->bridge.has_value();
  if (link->bridge) {
    port.snooping = link->bridge->snooping;
    port.never_router_port = link->bridge->never_router_port;
    const auto view = bridges.find(link->ifindex);
    if (port.snooping && view != bridges.end()) port.behind = view->second;
  }
  const PortFacts facts = ProbePort(link->name, link->ifindex);
  port.driver = facts.driver;
  port.xdp_known = facts.features_known;
  port.xdp_target = facts.xdp_target;
  port.xdp_occupied = BpfLink::HasXdp(link->ifindex);
  port.nic = ProbeNic(link->name);
  port.mtu = link->mtu;
  return port;
}

template <class F>
void AddMroute(DoctorFacts& facts) {
  for (const std::string& name : MrouteInterfaces<F>()) {
    const bool ours = std::any_of(facts.ports.begin(), facts.ports.end(),
                                  [&](const DoctorPort& port) { return port.name == name; });
    auto& shared = facts.mroute_interfaces;
    if (ours && std::find(shared.begin(), shared.end(), name) == shared.end()) shared.push_back(name);
  }
  if (facts.mroute_owner.empty()) facts.mroute_owner = FindMrouteOwner<F>();
}

}  // namespace

std::vector<InterfaceConfig> NamedInterfaces(const Config& config) {
  std::vector<InterfaceConfig> interfaces{config.upstream};
  interfaces.insert(interfaces.end(), config.downstreams.begin(), config.downstreams.end());
  return interfaces;
}

DoctorFacts ProbeMachine(const std::vector<InterfaceConfig>& interfaces, DatapathSetting datapath) {
  DoctorFacts facts;
  utsname name{};
  if (uname(&name) == 0) facts.kernel = name.release;
  facts.btf = std::filesystem::exists("/sys/kernel/btf/vmlinux");
  struct statfs bpffs {};
  facts.bpffs = statfs("/sys/fs/bpf", &bpffs) == 0 && bpffs.f_type == BPF_FS_MAGIC;
  facts.missing_capabilities =
      MissingCapabilities(datapath == DatapathSetting::kKernel ? BpfUse::kNotNeeded : BpfUse::kNeeded);
  if (datapath == DatapathSetting::kKernel) facts.forwarding = Forwarding::kKernel;
  facts.legacy_firewall = HasLegacyFilter();
  facts.kernel_routes_multicast = std::filesystem::exists("/proc/self/net/ip_mr_vif");
  facts.reverse_path_drops = ReversePathDrops();
  facts.igmp_robustness = ReadNumber("/proc/sys/net/ipv4/igmp_qrv", 2);
  const LinkTable links = ReadLinks();
  const std::map<std::uint32_t, BridgeView> bridges = ReadBridges();
  facts.firewall = LookAtFirewall(ReadFirewall(), interfaces, links);
  for (const InterfaceConfig& interface : interfaces)
    facts.ports.push_back(ProbeOne(interface, links, bridges));
  AddMroute<Igmp>(facts);
  AddMroute<Mld>(facts);
  return facts;
}

}  // namespace bpfcast
