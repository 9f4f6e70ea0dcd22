// What the control socket shows, as JSON text. One view, one file: views_NAME.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "agent/link_view.h"
#include "agent/packet_event_log.h"
#include "config/changes.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

struct StreamFacts;

struct FamilyPortView {
  FamilyService service;
  std::string address;  // that we send from; empty when there is none
};

struct PortView {
  PortId id{};
  std::string name;
  PortRole role = PortRole::kDownstream;
  const InterfaceConfig* config = nullptr;
  std::string waiting;       // empty: up
  bool taking_over = false;  // programs of another version forward there until ours do
  std::uint32_t ifindex = 0;
  FamilyPortView ipv4;
  FamilyPortView ipv6;
  std::optional<Hook> hook;  // nothing while no program is attached
  std::string hook_reason;
  std::uint64_t receive_overflows = 0;  // IGMP and MLD packets that the socket had no room for

  template <class F>
  const FamilyPortView& Of() const {
    return std::is_same_v<F, Igmp> ? ipv4 : ipv6;
  }
};

struct InstanceView {
  std::string instance;
  std::string version;
  std::int64_t pid = 0;
  Duration uptime{};
  std::string config_file;
  std::string bpffs;
};

/// `ports` has one element for each port of the proxies, by PortId.
std::string StatusJson(const InstanceView& instance, const std::vector<PortView>& ports,
                       const Proxy<Igmp>& ipv4, const Proxy<Mld>& ipv6, const DatapathCounters& counters,
                       Time now);
/// What is told of IPv4 stands in the row of a port, too, as it did before there was IPv6.
std::string PortsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& ipv4, const Proxy<Mld>& ipv6,
                      const DatapathCounters& counters, Time now);
/// One row for each group on each port.
template <class F>
std::string GroupsJson(const std::vector<PortView>& ports, const Proxy<F>& proxy,
                       const std::vector<RouteCounters<F>>& routes, Time now);
/// One row for each stream on each port on which it arrives, with the ports that it is meant for now.
template <class F>
std::string FlowsJson(const std::vector<PortView>& ports, const Proxy<F>& proxy,
                      const std::vector<FlowCounters<F>>& flows, Time now);
/// The rows of one array and then those of the other.
std::string JoinArrays(std::string first, const std::string& second);
/// The single packets that the datapath told of lately, the oldest first.
std::string EventsJson(const PacketEventLog& log, Time now);
/// The four steps of a stream and the verdict on it.
std::string ExplainJson(const StreamFacts& facts);
/// What a reload changed: each setting with both values, and as a sentence.
std::string ReloadJson(const std::vector<ConfigChange>& changes);

}  // namespace bpfcast
