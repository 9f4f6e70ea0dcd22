#include "os/privileges.h"

#include <cap-ng.h>

#include <array>
#include <string>
#include <utility>

namespace bpfcast {

Result<void> CheckPrivileges() {
  constexpr std::array<std::pair<unsigned, const char*>, 3> kNeeded = {
      {{CAP_BPF, "CAP_BPF"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_NET_RAW, "CAP_NET_RAW"}}};
  if (capng_get_caps_process() != 0) return Fail("bpfcastd cannot read its own capabilities");
  std::string missing;
  for (const auto& [capability, name] : kNeeded) {
    if (capng_have_capability(CAPNG_EFFECTIVE, capability) != 0) continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
  }
  if (missing.empty()) return {};
  return Fail(
      "bpfcastd needs " + missing +
      " (missing); run it as root or give the unit AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_NET_RAW");
}

}  // namespace bpfcast
