// ForwardingTable: the desired entries, derived from the membership database and the topology (RFC 4605
// section 4.2).
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "membership/membership_database.h"
#include "routing/boundary.h"
#include "routing/forwarding_update.h"
#include "routing/topology.h"

namespace bpfcast {

/// Do sockets on this machine listen to a group?
enum class LocalMembership : std::uint8_t { kNone, kJoined };

/// For each group: one (*,G) entry with the links in EXCLUDE mode, and one (S,G) entry for each source that
/// any link names, with exactly the links that want it, possibly none; links that are not served count as
/// wanting nothing, and so does what is pulled for the upstream link. This is exact for every mix of filters
/// (E-36), needs no first packet, and has as many entries as there are named sources, plus one. Invariant:
/// the table equals Desired() of every group in the database or in the local set, as of its last refresh.
template <class F>
class ForwardingTable {
 public:
  using Address = typename F::Address;
  using GroupRoutes = std::map<RouteKey<F>, Route>;

  ForwardingTable(const Topology& topology, const MembershipDatabase<F>& database);

  /// Recomputes the entries of one group and appends what changed.
  void Refresh(const Address& group, ForwardingUpdate<F>& out);
  /// The same for every group that `port` takes part in: the topology serves it now, or does not any more.
  void RefreshPort(PortId port, ForwardingUpdate<F>& out);
  /// The same for every group: the upstream is blocked now, or not any more.
  void RefreshAll(ForwardingUpdate<F>& out);
  /// F-50: the groups that do not pass the upstream; refreshes every group.
  void SetUpstreamBoundaries(std::vector<Prefix<Address>> boundaries, ForwardingUpdate<F>& out);
  /// Sockets on this machine joined or left the group (F-52); refreshes it.
  void SetLocal(const Address& group, LocalMembership membership, ForwardingUpdate<F>& out);

  const std::unordered_map<Address, GroupRoutes>& groups() const { return groups_; }
  /// Every entry, as changes that build the table from nothing.
  ForwardingUpdate<F> All() const;

  /// The entries that the database and the topology ask for, from scratch.
  GroupRoutes Desired(const Address& group) const;

 private:
  const Topology& topology_;
  const MembershipDatabase<F>& database_;
  std::vector<Prefix<Address>> upstream_boundaries_;
  std::unordered_set<Address> local_;
  std::unordered_map<Address, GroupRoutes> groups_;
};

extern template class ForwardingTable<Igmp>;
extern template class ForwardingTable<Mld>;

}  // namespace bpfcast
