// RouteStore: the routes of a family in the kernel, each an index in the mapped array and an entry of the
// lookup map.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "datapath/bpf_object.h"
#include "datapath/oil_pool.h"
#include "datapath/passage_rules.h"
#include "datapath/route_array.h"
#include "routing/datapath.h"
#include "routing/forwarding_update.h"

namespace bpfcast {

template <class F>
class RouteStore {
 public:
  struct Entry {
    std::uint32_t index = 0;
    const Oil* from_upstream = nullptr;
    const Oil* from_downstream = nullptr;
    const Oil* not_upstream = nullptr;
    std::uint16_t flags = 0;     // of its words, beside those of the lists
    bpfcast_route_stat start{};  // what the counters of the index said when the route came
  };
  struct Hash {
    std::size_t operator()(const RouteKey<F>& key) const {
      const std::hash<typename F::Address> hash;
      return hash(key.source) * 31 + hash(key.group);
    }
  };
  using Entries = std::unordered_map<RouteKey<F>, Entry, Hash>;

  RouteStore(BpfObject& object, OilPool& oils, RouteArray& array)
      : object_(object), oils_(oils), array_(array) {}

  /// What an earlier agent left of the family. Its routes stay, with their numbers, until Set() or
  /// RemoveLeft(); what it did not finish is removed.
  Result<std::vector<InheritedRoute<F>>> Inherit();
  /// Removes what was inherited and not set since.
  void RemoveLeft();

  /// On failure the key has no route.
  Result<void> Set(const RouteKey<F>& key, const Route& route);
  void Remove(const RouteKey<F>& key);
  /// Packets of these groups are asked for the passage of their arrival port.
  void SetGuarded(const GuardedGroups<F>& groups);
  Result<RouteCounters<F>> Counters(const RouteKey<F>& key, const Entry& entry);
  /// Takes over new words of the lists.
  void Refresh();

  const Entries& entries() const { return entries_; }

 private:
  Result<void> AcquireOils(const Route& route, Entry& entry);
  void ReleaseOils(const Entry& entry);
  std::optional<PortSet> TakeOverList(std::uint64_t word);
  std::optional<std::uint32_t> TakeInherited(const RouteKey<F>& key);
  std::uint16_t GuardFlag(const typename F::Address& group) const;
  void Store(const Entry& entry);

  BpfObject& object_;
  OilPool& oils_;
  RouteArray& array_;
  GuardedGroups<F> guarded_;
  Entries entries_;
  std::unordered_map<RouteKey<F>, std::uint32_t, Hash>
      left_;  // inherited and not set yet, with their indexes
};

}  // namespace bpfcast
