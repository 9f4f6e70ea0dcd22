#include "support/wiring.h"

#include <fstream>
#include <stdexcept>

#include "support/clock.h"
#include "support/process.h"

namespace bpfcast::test {

void Veth(const NetNs& near, const std::string& name, const NetNs& far, const std::string& far_name) {
  MustRun({"ip", "link", "add", name, "netns", near.name(), "type", "veth", "peer", "name", far_name, "netns",
           far.name()});
}

void ReadyForXdp(const NetNs& ns, const std::string& interface) {
  MustRun({"ethtool", "-K", interface, "tx", "off", "gro", "on"}, &ns);
}

void ReadyHost(const NetNs& ns, const std::string& interface, const std::vector<std::string>& addresses) {
  ns.Sysctl("ipv4/conf/all/rp_filter", "0");
  ns.Sysctl("ipv4/conf/" + interface + "/rp_filter", "0");
  ns.Sysctl("ipv4/igmp_max_msf", "64");
  ns.IpBatch(AddAddresses(interface, addresses) + "link set " + interface + " up\n");
  ReadyForXdp(ns, interface);
}

void WaitForIpv6(const NetNs& ns, const std::string& interface) {
  const auto is_ready = [&] {
    bool found = false;
    ns.Run([&] {
      // Prefix ff00::/8 first, the interface last.
      std::ifstream routes("/proc/thread-self/net/ipv6_route");
      for (std::string line; std::getline(routes, line);) {
        const std::vector<std::string> words = Words(line);
        found = found || (words.size() > 2 && words[0] == "ff" + std::string(30, '0') && words[1] == "08" &&
                          words.back() == interface);
      }
    });
    return found;
  };
  if (!Eventually(is_ready)) throw std::runtime_error(ns.name() + ": no IPv6 on " + interface);
}

std::string AddAddresses(const std::string& interface, const std::vector<std::string>& addresses) {
  std::string batch;
  for (const std::string& address : addresses) {
    batch += "addr add " + address + " dev " + interface;
    if (address.find(':') != std::string::npos) batch += " nodad";
    batch += "\n";
  }
  return batch;
}

}  // namespace bpfcast::test
