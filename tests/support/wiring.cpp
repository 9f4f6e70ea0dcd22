#include "support/wiring.h"

#include "support/process.h"

namespace bpfcast::test {

void Veth(const NetNs& near, const std::string& name, const NetNs& far, const std::string& far_name) {
  MustRun({"ip", "link", "add", name, "netns", near.name(), "type", "veth", "peer", "name", far_name, "netns",
           far.name()});
}

void ReadyForXdp(const NetNs& ns, const std::string& interface) {
  MustRun({"ethtool", "-K", interface, "tx", "off", "gro", "on"}, &ns);
}

void ReadyHost(const NetNs& ns, const std::string& interface, const std::string& address) {
  ns.Sysctl("ipv4/conf/all/rp_filter", "0");
  ns.Sysctl("ipv4/conf/" + interface + "/rp_filter", "0");
  ns.Sysctl("ipv4/igmp_max_msf", "64");
  ns.IpBatch("addr add " + address + "/24 dev " + interface + "\nlink set " + interface + " up\n");
  ReadyForXdp(ns, interface);
}

}  // namespace bpfcast::test
