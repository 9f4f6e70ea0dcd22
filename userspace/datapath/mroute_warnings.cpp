#include "datapath/mroute_warnings.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>

#include "base/sysctl_name.h"
#include "log/log.h"

namespace bpfcast {
namespace {

/// 0 when it cannot be read.
int ReadSetting(const std::string& interface) {
  std::ifstream file("/proc/sys/net/ipv4/conf/" + interface + "/rp_filter");
  int value = 0;
  file >> value;
  return value;
}

}  // namespace

void WarnOfObstacles(Igmp, const DatapathPort& port) {
  constexpr int kStrict = 1;
  if (std::max(ReadSetting("all"), ReadSetting(port.name)) != kStrict) return;
  Log(Subsystem::kDatapath)
      .warn(
          "{0}: rp_filter=1 drops packets of senders that the unicast routes do not reach through {0}, "
          "before "
          "they are forwarded; run: sysctl -w net.ipv4.conf.all.rp_filter=0 {1}=0, or: ip route add SENDERS "
          "dev {0}",
          port.name, SysctlName("ipv4", port.name, "rp_filter"));
}

void WarnOfObstacles(Mld, const DatapathPort& port) {
  if (port.ttl_threshold == 1 || port.ttl_threshold == 255) return;
  Log(Subsystem::kDatapath)
      .warn(
          "{}: the kernel's multicast routing has no hop limit thresholds; ttl-threshold = {} holds for "
          "IPv4 alone",
          port.name, port.ttl_threshold);
}

}  // namespace bpfcast
