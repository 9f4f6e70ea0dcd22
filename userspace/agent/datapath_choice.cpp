#include "agent/datapath_choice.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "datapath/bpf_datapath.h"
#include "datapath/mroute_datapath.h"
#include "datapath/mroute_owner.h"
#include "log/log.h"
#include "os/privileges.h"

namespace bpfcast {
namespace {

Result<ChosenDatapath> OpenBpf(const Config& settings, const std::string& instance) {
  if (const auto allowed = CheckPrivileges(BpfUse::kNeeded); !allowed) return tl::unexpected(allowed.error());
  BpfDatapathConfig config;
  config.instance = instance;
  config.lease = settings.lease;
  auto datapath = BpfDatapath::Open(config);
  if (!datapath) return tl::unexpected(datapath.error());
  std::string pins = (*datapath)->pin_directory();
  return ChosenDatapath{std::move(*datapath), std::move(pins)};
}

Result<ChosenDatapath> OpenKernel(const Config& config, const std::string& instance, std::string reason) {
  MrouteDatapathConfig kernel;
  kernel.ipv4 = config.upstream.ipv4.served;
  kernel.ipv6 = config.upstream.ipv6.served;
  kernel.reason = std::move(reason);
  auto datapath = MrouteDatapath::Open(kernel);
  if (!datapath) return tl::unexpected(datapath.error());
  // What a dead agent left would take the packets before the kernel sees them.
  BpfPins::RemoveAll(BpfDatapathConfig().bpffs, instance);
  return ChosenDatapath{std::move(*datapath), {}};
}

/// F-53: the kernel forwards what the programs leave to the stack, too.
template <class F>
void WarnOfOtherRouting(const Config& config) {
  std::string shared;
  for (const std::string& name : MrouteInterfaces<F>()) {
    const bool ours = name == config.upstream.name ||
                      std::any_of(config.downstreams.begin(), config.downstreams.end(),
                                  [&](const InterfaceConfig& each) { return each.name == name; });
    if (ours) shared += (shared.empty() ? "" : ", ") + name;
  }
  if (shared.empty()) return;
  const std::string owner = FindMrouteOwner<F>();
  Log(Subsystem::kDatapath)
      .warn(
          "{}: the kernel's multicast routing, of {}, forwards here, too; groups that it has and that "
          "sockets of "
          "this "
          "machine listen to reach their members twice",
          shared, owner.empty() ? "another program" : owner);
}

}  // namespace

Result<ChosenDatapath> OpenDatapath(const Config& config, const std::string& instance) {
  if (config.datapath == DatapathSetting::kKernel) return OpenKernel(config, instance, "configured");
  auto bpf = OpenBpf(config, instance);
  if (bpf) {
    if (config.upstream.ipv4.served) WarnOfOtherRouting<Igmp>(config);
    if (config.upstream.ipv6.served) WarnOfOtherRouting<Mld>(config);
    return bpf;
  }
  if (config.datapath == DatapathSetting::kBpf) return bpf;
  auto kernel = OpenKernel(config, instance, "BPF cannot be used: " + bpf.error().message);
  if (!kernel) return Fail(bpf.error().message + "; and " + kernel.error().message);
  Log(Subsystem::kDatapath)
      .warn("BPF cannot be used, so the kernel's multicast routing forwards: {}", bpf.error().message);
  return kernel;
}

}  // namespace bpfcast
