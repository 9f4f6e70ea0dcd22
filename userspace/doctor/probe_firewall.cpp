#include "doctor/probe_firewall.h"

#include <algorithm>
#include <map>

#include "os/firewall_walk.h"

namespace bpfcast {
namespace {

using What = FirewallFact::What;

template <class F>
class Look {
 public:
  Look(const Firewall& firewall, const std::vector<InterfaceConfig>& interfaces, const LinkTable& links)
      : firewall_(firewall), interfaces_(interfaces), links_(links) {}

  std::vector<FirewallFact> Facts() {
    const bool in_use =
        std::any_of(interfaces_.begin(), interfaces_.end(), [&](const InterfaceConfig& interface) {
          const Link* link = links_.Find(interface.name);
          return link != nullptr && !link->Addresses<F>().empty();
        });
    if (!in_use) return {};
    for (const InterfaceConfig& upstream : interfaces_) {
      if (upstream.role != PortRole::kUpstream || !upstream.Of<F>().served) continue;
      Streams(upstream);
      if (upstream.Of<F>().upstream.membership == UpstreamMembership::kKernel) Membership(upstream);
    }
    return std::move(facts_);
  }

 private:
  FirewallPort PortOf(const InterfaceConfig& interface) const {
    const Link* link = links_.Find(interface.name);
    return {interface.name, link == nullptr ? 0 : link->ifindex};
  }
  void Add(What what, const std::string& chain, const std::string& from, std::vector<std::string> to) {
    facts_.push_back({what, chain, kIpv6, from, std::move(to)});
  }

  /// What the kernel forwards from there.
  void Streams(const InterfaceConfig& upstream) {
    FirewallPacket packet = StreamPacket(kIpv6);
    packet.input = PortOf(upstream);
    for (const std::string& chain : ChainsThatDrop(firewall_, FirewallHook::kPrerouting, packet)) {
      Add(What::kStreams, chain, upstream.name, {});
    }
    std::map<std::string, std::vector<std::string>> dropped;
    std::map<std::string, std::vector<std::string>> rewritten;
    std::size_t downstreams = 0;
    for (const InterfaceConfig& downstream : interfaces_) {
      if (downstream.role != PortRole::kDownstream || !downstream.Of<F>().served) continue;
      ++downstreams;
      packet.input = PortOf(upstream);
      packet.output = PortOf(downstream);
      for (const auto& chain : ChainsThatDrop(firewall_, FirewallHook::kForward, packet)) {
        dropped[chain].push_back(downstream.name);
      }
      packet.input.reset();  // which the kernel does not tell any more for multicast
      for (const auto& chain : ChainsThatDrop(firewall_, FirewallHook::kPostrouting, packet)) {
        dropped[chain].push_back(downstream.name);
      }
      for (const auto& chain : ChainsThatRewrite(firewall_, packet)) {
        rewritten[chain].push_back(downstream.name);
      }
    }
    const auto add = [&](What what, std::map<std::string, std::vector<std::string>>& chains) {
      for (auto& [chain, to] : chains) {
        if (to.size() == downstreams) to.clear();
        Add(what, chain, upstream.name, std::move(to));
      }
    };
    add(What::kStreams, dropped);
    add(What::kSources, rewritten);
  }

  /// The kernel is the host there. Packets of the agent itself do not come to the firewall.
  void Membership(const InterfaceConfig& upstream) {
    FirewallPacket query = QueryPacket(kIpv6);
    query.input = PortOf(upstream);
    for (const FirewallHook hook : {FirewallHook::kPrerouting, FirewallHook::kInput}) {
      for (const auto& chain : ChainsThatDrop(firewall_, hook, query)) {
        Add(What::kQueries, chain, upstream.name, {});
      }
    }
    FirewallPacket report = ReportPacket(kIpv6);
    report.output = PortOf(upstream);
    for (const FirewallHook hook : {FirewallHook::kOutput, FirewallHook::kPostrouting}) {
      for (const auto& chain : ChainsThatDrop(firewall_, hook, report)) {
        Add(What::kReports, chain, upstream.name, {});
      }
    }
  }

  static constexpr bool kIpv6 = std::is_same_v<F, Mld>;
  const Firewall& firewall_;
  const std::vector<InterfaceConfig>& interfaces_;
  const LinkTable& links_;
  std::vector<FirewallFact> facts_;
};

}  // namespace

std::vector<FirewallFact> LookAtFirewall(const Firewall& firewall,
                                         const std::vector<InterfaceConfig>& interfaces,
                                         const LinkTable& links) {
  std::vector<FirewallFact> facts = Look<Igmp>(firewall, interfaces, links).Facts();
  for (FirewallFact& fact : Look<Mld>(firewall, interfaces, links).Facts()) facts.push_back(std::move(fact));
  return facts;
}

}  // namespace bpfcast
