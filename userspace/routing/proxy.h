// Proxy: the pure floors wired for one instance of one family (RFC 4605). Packets, link changes and time go
// in; packets to send, forwarding changes and notices come out as data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "membership/host.h"
#include "membership/membership_database.h"
#include "membership/querier.h"
#include "routing/downstream.h"
#include "routing/forwarding_table.h"
#include "routing/inherited_route.h"
#include "routing/loop_guard.h"
#include "routing/passage.h"
#include "routing/policer.h"
#include "routing/proxy_config.h"
#include "routing/refused_hosts.h"
#include "routing/senders.h"
#include "routing/topology.h"
#include "routing/version_counters.h"
#include "wire/message.h"

namespace bpfcast {

/// What the kernel says of a configured interface. The own addresses in the rules are those of all
/// interfaces, but not what other routers may have on this link and we have on that: fe80::1 and the like.
template <class F>
struct LinkState {
  bool up = false;                             // exists, administratively up, with carrier
  std::optional<typename F::Address> address;  // the address that we send from
  ReceiveRules<F> rules;
  std::size_t mtu = 1500;
};

template <class F>
struct SendPacket {
  PortId port{};
  OutgoingPacket<F> packet;
};

template <class F>
struct PortNotice {
  PortId port{};
  LinkNotice<F> notice;
};

template <class F>
struct ProxyEffects {
  std::vector<SendPacket<F>> packets;
  ForwardingUpdate<F> update;
  std::vector<PortId> passages_changed;   // PassagesOf() them is different now; no duplicates
  std::vector<typename F::Address> told;  // of UpstreamMembership::kKernel: what host() tells of them is new
  std::vector<PortNotice<F>> notices;     // for the log
  LoopGuard::Notices loops;               // for the log
};

/// Messages received and sent on one link.
struct LinkCounters {
  VersionCounters reports_received;  // leaves among them
  VersionCounters queries_received;
  std::uint64_t reports_sent = 0;
  std::uint64_t queries_sent = 0;
  std::uint64_t foreign_received = 0;  // of the received ones: from no subnet of the link
  DropCounters drops;
};

/// A query that another router sent on one of the links.
template <class F>
struct HeardQuery {
  typename F::Address router;
  Version version = Version::kV3;
  Time when{};
};

template <class F>
class Proxy {
 public:
  using Address = typename F::Address;
  using Packet = std::span<const std::uint8_t>;  // from the IP header on

  Proxy(const ProxyConfig<F>& config, Random random);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// Adds a downstream, or gives it other settings: its groups stay as far as the new ones permit.
  void SetDownstream(const DownstreamConfig<F>& config, Time now, ProxyEffects<F>& out);
  /// The downstream has no role any more; its groups are gone.
  void RemoveDownstream(PortId port, Time now, ProxyEffects<F>& out);
  /// Other settings for the upstream; its port stays. With UpstreamMembership::kKernel nothing is reported;
  /// who carries that out asks for what host() tells of every group, and then of those in `told`.
  void SetUpstream(const UpstreamConfig<F>& config, Time now, ProxyEffects<F>& out);

  /// An IP packet as it arrived on a link. Upstream: queries, and reports of others as far as they save ours
  /// (D-23, D-36); downstream: both. The merge runs once after the whole message (E-05).
  void OnPacket(PortId port, Packet packet, Time now, ProxyEffects<F>& out);
  /// The link's state is new. A downstream that cannot be used is flushed; an upstream that comes back
  /// announces everything.
  void OnLink(PortId port, const LinkState<F>& state, Time now, ProxyEffects<F>& out);
  /// What an earlier agent forwarded when it ended: its downstream links want the same now, until one Group
  /// Membership Interval passes without a report. For the start, when the links are known. Links that
  /// are not up have no members.
  void Adopt(const std::vector<InheritedRoute<F>>& routes, Time now, ProxyEffects<F>& out);
  /// Sockets on this machine joined or left a group.
  void OnLocalMembership(const Address& group, LocalMembership membership, ProxyEffects<F>& out);
  /// The last of them that had joined on the upstream link left, and its kernel said so there: a router that
  /// believes it must hear at once that the database still wants the group.
  void OnLocalLeaveUpstream(const Address& group, Time now);

  /// Where packets that arrive on the port may go by their group (E-33, E-41, F-50). Nothing is to pass a
  /// port that is unknown.
  Passages<F> PassagesOf(PortId port) const;

  Time NextExpiry() const;
  void Expire(Time now, ProxyEffects<F>& out);
  /// Clean stop: leaves upstream.
  void Leave(ProxyEffects<F>& out);

  const Topology& topology() const { return topology_; }
  const Host<F>& host() const { return host_; }
  const MembershipDatabase<F>& database() const { return database_; }
  const ForwardingTable<F>& table() const { return table_; }
  /// The router side of a downstream port; null for the upstream.
  const Querier<F>* querier(PortId port) const;
  const LinkCounters& counters(PortId port) const;
  /// Who asked there lately and may not (HostList).
  const RefusedHosts<F>& refused_hosts(PortId port) const;
  /// The last query that another router sent there; nothing when none was heard since the start.
  const std::optional<HeardQuery<F>>& last_query(PortId port) const;
  /// When the last report went upstream.
  std::optional<Time> last_report() const { return last_report_; }

 private:
  struct Link {
    LinkState<F> state;
    LinkCounters counters;
    std::optional<HeardQuery<F>> last_query;
    Policer<F> policer;
    NoticeLimit notices;
    RefusedHosts<F> refused_hosts;
    Passages<F> passages;  // what PassagesOf() was when it was last followed
    Standing standing;     // of a downstream, likewise
  };

  Link& AddLink(PortId port);
  void OnForeignQuery(PortId port, const Address& source, Time now, ProxyEffects<F>& out);
  void OnOwnPacket(PortId port, Packet packet, Time now, ProxyEffects<F>& out);
  void OnOwnMessage(PortId port, const Address& source, Packet packet, Time now, ProxyEffects<F>& out);
  void OnDownstreamMessage(PortId port, ReceivedMessage<F>& received, Time now, ProxyEffects<F>& out);
  Duration QuietTime(PortId port) const;
  void FollowLoops(LoopGuard::Notices notices, ProxyEffects<F>& out);
  void FollowStanding(PortId port, Time now, ProxyEffects<F>& out);
  void FollowPassages(PortId port, ProxyEffects<F>& out);
  void FollowAllPassages(ProxyEffects<F>& out);
  void FollowUpstreamAccess(Time now);
  MembershipRecord<F> Asked(PortId link, const Address& group, const MembershipRecord<F>& record) const;
  bool SpeaksUpstream() const;
  void FollowPull(const std::vector<StaticMembership<F>>& before, Time now, ProxyEffects<F>& out);
  void FollowGroups(PortId port, const std::vector<Address>& groups, Time now, ProxyEffects<F>& out);
  void Want(PortId link, const Address& group, const MembershipRecord<F>& record, Time now,
            ProxyEffects<F>& out);
  void Enter(PortId link, const Address& group, const MembershipRecord<F>& record, Time now,
             ProxyEffects<F>& out);
  void Settle(PortId port, const QuerierEffects<F>& effects, Time now, ProxyEffects<F>& out);
  void Send(PortId port, const std::vector<Query<F>>& queries, ProxyEffects<F>& out);
  void Send(const HostEffects<F>& reports, ProxyEffects<F>& out);
  void Send(PortId port, OutgoingPacket<F> packet, ProxyEffects<F>& out);

  UpstreamConfig<F> upstream_;
  Topology topology_;
  MembershipDatabase<F> database_;
  AccessList<F> upstream_access_;
  /// What that lets through of the record of each link; null where it lets each source of a group through or
  /// none, so that the merged record tells enough.
  std::unique_ptr<MembershipDatabase<F>> asked_;
  ForwardingTable<F> table_;
  Host<F> host_;
  std::map<PortId, Downstream<F>> downstreams_;
  std::map<PortId, Link> links_;
  Senders<F> senders_;
  LoopGuard loop_guard_;
  std::optional<Time> last_report_;
  Random random_;
};

extern template class Proxy<Igmp>;
extern template class Proxy<Mld>;

}  // namespace bpfcast
