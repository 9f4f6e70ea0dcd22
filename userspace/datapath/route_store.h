// RouteStore: the routes in the kernel, each an index in the mapped array and an entry of the lookup map.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "datapath/bpf_object.h"
#include "datapath/oil_pool.h"
#include "datapath/resting_queue.h"
#include "routing/datapath.h"
#include "routing/forwarding_update.h"

namespace bpfcast {

class RouteStore {
 public:
  struct Entry {
    std::uint32_t index = 0;
    const Oil* from_upstream = nullptr;
    const Oil* from_downstream = nullptr;
    bool local = false;
    bpfcast_route_stat start{};  // what the counters of the index said when the route came
  };
  struct Hash {
    std::size_t operator()(const RouteKey<Igmp>& key) const {
      return std::hash<Ipv4Address>()(key.source) * 31 + std::hash<Ipv4Address>()(key.group);
    }
  };
  using Entries = std::unordered_map<RouteKey<Igmp>, Entry, Hash>;

  RouteStore(BpfObject& object, OilPool& oils) : object_(object), oils_(oils) {}

  /// On failure the key has no route.
  Result<void> Set(const RouteKey<Igmp>& key, const Route& route);
  void Remove(const RouteKey<Igmp>& key);
  /// What arrives downstream and matches no route goes to these ports. On failure nowhere.
  Result<void> SetDefault(const PortSet& upstreams);
  Result<RouteCounters<Igmp>> Counters(const RouteKey<Igmp>& key, const Entry& entry);
  /// Takes over new words of the lists.
  void Refresh();
  void Tick(Time now);

  const Entries& entries() const { return entries_; }

 private:
  Result<std::uint32_t> TakeIndex();
  void Store(const Entry& entry);
  void ReleaseOils(const Entry& entry);

  BpfObject& object_;
  OilPool& oils_;
  Entries entries_;
  const Oil* default_ = nullptr;
  std::uint32_t next_index_ = 1;  // BPFCAST_DEFAULT_ROUTE is 0
  std::vector<std::uint32_t> free_;
  RestingQueue<std::uint32_t> resting_;
};

bpfcast_key4 ToKey4(const RouteKey<Igmp>& key);

}  // namespace bpfcast
