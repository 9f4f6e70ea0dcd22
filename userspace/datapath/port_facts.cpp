#include "datapath/port_facts.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "datapath/bpf_fd.h"
#include "datapath/xdp_features.h"

namespace bpfcast {
namespace {

// Not in net/if_arp.h, and linux/if_arp.h does not go with net/if.h.
constexpr unsigned short kRawIp = 519;
constexpr unsigned short kIp6Gre = 823;

// Those to which the kernel redirects without a MAC header.
bool IsBare(unsigned short type) {
  switch (type) {
    case ARPHRD_NONE:
    case ARPHRD_PPP:
    case kRawIp:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case kIp6Gre:
      return true;
    default:
      return false;
  }
}

}  // namespace

PortFacts ProbePort(const std::string& ifname, std::uint32_t ifindex) {
  PortFacts facts;
  const BpfFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket && ifname.size() < IFNAMSIZ) {
    ifreq request{};
    std::memcpy(request.ifr_name, ifname.c_str(), ifname.size() + 1);
    if (::ioctl(socket.get(), SIOCGIFHWADDR, &request) == 0) {
      facts.ethernet = request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
      facts.bare = IsBare(request.ifr_hwaddr.sa_family);
    }
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    request.ifr_data = reinterpret_cast<char*>(&driver);
    if (::ioctl(socket.get(), SIOCETHTOOL, &request) == 0) {
      facts.driver.assign(driver.driver, ::strnlen(driver.driver, sizeof driver.driver));
    }
    ethtool_value flags{};
    flags.cmd = ETHTOOL_GFLAGS;
    request.ifr_data = reinterpret_cast<char*>(&flags);
    if (::ioctl(socket.get(), SIOCETHTOOL, &request) == 0) {
      facts.strips_vlan_tags = (flags.data & ETH_FLAG_RXVLAN) != 0;
    }
  }
  if (const Result<std::uint64_t> features = XdpFeatures(ifindex)) {
    facts.features_known = true;
    facts.xdp_native = (*features & kXdpFeatureBasic) != 0 && (*features & kXdpFeatureRedirect) != 0;
    facts.xdp_target = (*features & kXdpFeatureNdoXmit) != 0;
  }
  return facts;
}

std::string Named(const DatapathPort& port) {
  return port.name + " (ifindex " + std::to_string(port.ifindex) + ")";
}

Result<void> CheckLinkLayer(const DatapathPort& port) {
  const PortFacts facts = ProbePort(port.name, port.ifindex);
  if (port.ethernet ? facts.ethernet : facts.bare) return {};
  return Fail(Named(port) + " is " +
              (port.ethernet ? "not an Ethernet interface"
                             : "neither an Ethernet interface nor one of IP packets alone (tun, ppp)") +
              ", and bpfcast serves no others; take it out of the configuration or use a bridge or veth in "
              "front of it");
}

}  // namespace bpfcast
