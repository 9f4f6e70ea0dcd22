#include "datapath/fib_check.h"

#include <fstream>

#include "base/sysctl_name.h"

namespace bpfcast {
namespace {

// Empty when the interface forwards. One that has no such setting does not have the family.
std::string Missing(const std::string& family, const std::string& interface) {
  std::ifstream file("/proc/sys/net/" + family + "/conf/" + interface + "/forwarding");
  int forwards = 0;
  if (!(file >> forwards) || forwards != 0) return {};
  return SysctlName(family, interface, "forwarding") + "=1";
}

}  // namespace

std::string MissingForFibCheck(const DatapathPort& port) {
  if (port.source_check != SourceCheck::kFib) return {};
  std::string settings;
  if (port.ipv4.served) settings = Missing("ipv4", port.name);
  if (port.ipv6.served) {
    const std::string ipv6 = Missing("ipv6", port.name);
    if (!ipv6.empty()) settings += (settings.empty() ? "" : " ") + ipv6;
  }
  if (settings.empty()) return {};
  return "source-check \"fib\" accepts no sender until `sysctl -w " + settings + "`";
}

}  // namespace bpfcast
