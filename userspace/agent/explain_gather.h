// Gathers what the agent knows of a stream.
#pragma once

#include <optional>
#include <vector>

#include "agent/explain_facts.h"
#include "agent/family_agent.h"
#include "agent/views.h"

namespace bpfcast {

/// What it is gathered from; everything is of one moment.
template <class F>
struct StreamSources {
  const Ports& ports;
  const std::vector<PortView>& views;
  const Proxy<F>& proxy;
  const std::vector<FlowCounters<F>>& flows;
  const DatapathCounters& counters;
  const PacketEventLog& events;
  Time now{};
};

/// What is the same of all packets of a source that arrive on a port, forwarded or not.
template <class F>
SeenFacts ArrivalOf(const Ports& ports, const typename F::Address& source, PortId arrival);

template <class F>
StreamFacts GatherStream(const StreamSources<F>& from, const typename F::Address& group,
                         const std::optional<typename F::Address>& source);

extern template SeenFacts ArrivalOf<Igmp>(const Ports&, const Ipv4Address&, PortId);
extern template SeenFacts ArrivalOf<Mld>(const Ports&, const Ipv6Address&, PortId);
extern template StreamFacts GatherStream(const StreamSources<Igmp>&, const Ipv4Address&,
                                         const std::optional<Ipv4Address>&);
extern template StreamFacts GatherStream(const StreamSources<Mld>&, const Ipv6Address&,
                                         const std::optional<Ipv6Address>&);

}  // namespace bpfcast
