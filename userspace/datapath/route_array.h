// RouteArray: the array `routes` in the kernel, whose indexes the families share, and the default route.
#pragma once

#include <cstdint>
#include <vector>

#include "datapath/bpf_object.h"
#include "datapath/oil_pool.h"
#include "datapath/resting_queue.h"
#include "datapath/slot_map.h"

namespace bpfcast {

class RouteArray {
 public:
  RouteArray(BpfObject& object, OilPool& oils);

  /// Takes one that packets may go by already. False when it is no index of a route, or taken.
  bool Reserve(std::uint32_t index);
  /// An index that no packet reads.
  Result<std::uint32_t> Take();
  /// Gives one back that no packet has found yet.
  void GiveBack(std::uint32_t index) { indexes_.Free(index, 1); }
  /// Gives one back that packets may still be reading.
  void Retire(std::uint32_t index) { resting_.Add(index); }
  bpfcast_route& operator[](std::uint32_t index) { return object_.routes[index]; }

  /// What arrives downstream and matches no route goes to these ports. On failure nowhere.
  Result<void> SetDefault(const PortSet& upstreams);
  /// Takes over a new word of the default list.
  void Refresh();
  void Tick(Time now);

 private:
  BpfObject& object_;
  OilPool& oils_;
  const Oil* default_ = nullptr;
  SlotMap indexes_{BPFCAST_MAX_ROUTES};
  RestingQueue<std::uint32_t> resting_;
};

/// One store: a packet sees the old list or the new one (F-54).
void StoreWord(__u64& where, std::uint64_t word);

}  // namespace bpfcast
