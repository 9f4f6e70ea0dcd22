// The part of Agent that says where a stream ends.
#include "agent/agent.h"
#include "agent/explain_gather.h"
#include "base/zone.h"
#include "os/clock.h"

namespace bpfcast {

Result<std::string> Agent::Explain(const RpcParams& params) {
  const std::string& group = params.at("group");
  const std::string from = Given(params, "source");
  if (const auto ipv4 = Ipv4Address::Parse(group); ipv4 && ipv4->IsMulticast()) {
    return ExplainStream(ipv4_, *ipv4, from);
  }
  if (const auto ipv6 = Ipv6Address::Parse(group); ipv6 && ipv6->IsMulticast()) {
    return ExplainStream(ipv6_, *ipv6, from);
  }
  if (const auto zone = ZoneOf(group); !zone.empty()) {
    return Fail("\"" + group + "\" names an interface: give the group without " + std::string(zone));
  }
  return Fail("\"" + group + "\" is no multicast group: give an address of 224.0.0.0/4 or ff00::/8");
}

template <class F>
Result<std::string> Agent::ExplainStream(const FamilyAgent<F>& family, const typename F::Address& group,
                                         const std::string& source) {
  std::optional<typename F::Address> from;
  if (!source.empty()) {
    from = F::Address::Parse(source);
    if (!from || !F::IsSource(*from)) {
      return Fail("\"" + source + "\" is no source of " + group.ToString() +
                  ": give the address of one sender, of the same family");
    }
  }
  const auto flows = datapath_->Flows(F());
  if (!flows) return tl::unexpected(flows.error());
  const std::vector<PortView> views = PortViews();
  const DatapathCounters counters = Counters();
  return ExplainJson(
      GatherStream<F>({ports_, views, family.proxy(), *flows, counters, packet_events_, Now()}, group, from));
}

}  // namespace bpfcast
