#include "datapath/route_store.h"

#include <utility>

#include "datapath/bpf_counters.h"

namespace bpfcast {
namespace {

std::uint64_t Word(const Oil& oil, std::uint16_t flags) {
  return oil.word | bpfcast_oil_word(0, 0, 0, flags);
}

}  // namespace

template <class F>
Result<std::vector<InheritedRoute<F>>> RouteStore<F>::Inherit() {
  auto& map = object_.maps_of(F()).routes;
  const auto found = map.GetAll(BPFCAST_MAX_ROUTES);
  if (!found) return tl::unexpected(found.error());
  std::vector<InheritedRoute<F>> routes;
  routes.reserve(found->size());
  for (const auto& [abi_key, index] : *found) {
    const RouteKey<F> key = FromKey<F>(abi_key);
    // An agent that ended in between may have left a number whose route is another one's, or none's.
    const bool is_whole = index < BPFCAST_MAX_ROUTES && array_[index].family == FamilyAbi<F>::kFamily &&
                          FromKey<F>(FamilyAbi<F>::KeyOf(array_[index])) == key && array_.Reserve(index);
    if (!is_whole) {
      map.Erase(abi_key);
      continue;
    }
    left_.emplace(key, index);
    const bpfcast_route& route = array_[index];
    TakeOverList(route.from_upstream);
    TakeOverList(route.from_downstream);
    routes.push_back({key, TakeOverList(route.not_upstream).value_or(PortSet())});
  }
  return routes;
}

/// The ports of the list; nothing when the word is none of ours.
template <class F>
std::optional<PortSet> RouteStore<F>::TakeOverList(std::uint64_t word) {
  PortSet set;
  const std::uint32_t slot = bpfcast_oil_slot(word);
  const std::uint32_t count = bpfcast_oil_ports(word);
  const bool is_single = (bpfcast_oil_flags(word) & BPFCAST_OIL_SINGLE) != 0;
  const auto add = [&](std::uint32_t port) {
    if (port < BPFCAST_MAX_PORTS) set.Add(static_cast<PortId>(port));
  };
  if (is_single) {
    add(slot);
  } else if (count > 1) {
    if (count > BPFCAST_MAX_PORTS || slot + (count - 1) / BPFCAST_CHUNK_PORTS >= BPFCAST_MAX_OILS)
      return std::nullopt;
    oils_.Reserve(slot, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      add(object_.oil_ports[slot + i / BPFCAST_CHUNK_PORTS].ports[i % BPFCAST_CHUNK_PORTS]);
    }
  }
  return set;
}

template <class F>
void RouteStore<F>::RemoveLeft() {
  for (const auto& [key, index] : std::exchange(left_, {})) {
    object_.maps_of(F()).routes.Erase(ToKey<F>(key));
    array_.Retire(index);
  }
}

/// The index that packets of the key go by already.
template <class F>
std::optional<std::uint32_t> RouteStore<F>::TakeInherited(const RouteKey<F>& key) {
  const auto left = left_.find(key);
  if (left == left_.end()) return std::nullopt;
  const std::uint32_t index = left->second;
  left_.erase(left);
  return index;
}

template <class F>
Result<void> RouteStore<F>::Set(const RouteKey<F>& key, const Route& route) {
  Entry entry;
  entry.flags = static_cast<std::uint16_t>((route.local ? BPFCAST_OIL_LOCAL : 0) | GuardFlag(key.group));
  if (Result<void> acquired = AcquireOils(route, entry); !acquired) {
    Remove(key);
    return acquired;
  }
  if (const auto known = entries_.find(key); known != entries_.end()) {
    entry.index = known->second.index;
    entry.start = known->second.start;
    Store(entry);
    ReleaseOils(known->second);
    known->second = entry;
    return {};
  }
  const std::optional<std::uint32_t> inherited = TakeInherited(key);
  const Result<std::uint32_t> index = inherited ? *inherited : array_.Take();
  if (!index) {
    ReleaseOils(entry);
    return tl::unexpected(index.error());
  }
  // Complete before the first packet can find it.
  entry.index = *index;
  if (const auto start = ReadRouteStat(object_, entry.index)) entry.start = *start;
  bpfcast_route& slot = array_[entry.index];
  slot.family = FamilyAbi<F>::kFamily;
  FamilyAbi<F>::KeyOf(slot) = ToKey<F>(key);
  Store(entry);
  if (!inherited) {
    if (Result<void> added = object_.maps_of(F()).routes.Set(ToKey<F>(key), entry.index); !added) {
      ReleaseOils(entry);
      array_.GiveBack(entry.index);
      return added;
    }
  }
  entries_.emplace(key, entry);
  return {};
}

template <class F>
void RouteStore<F>::Remove(const RouteKey<F>& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return;
  object_.maps_of(F()).routes.Erase(ToKey<F>(key));
  ReleaseOils(entry->second);
  array_.Retire(entry->second.index);
  entries_.erase(entry);
}

template <class F>
void RouteStore<F>::SetGuarded(const GuardedGroups<F>& groups) {
  if (groups == guarded_) return;
  guarded_ = groups;
  for (auto& [key, entry] : entries_) {
    entry.flags = static_cast<std::uint16_t>((entry.flags & ~BPFCAST_OIL_GUARDED) | GuardFlag(key.group));
    Store(entry);
  }
}

template <class F>
Result<RouteCounters<F>> RouteStore<F>::Counters(const RouteKey<F>& key, const Entry& entry) {
  const auto stat = ReadRouteStat(object_, entry.index);
  if (!stat) return tl::unexpected(stat.error());
  RouteCounters<F> counters{key, {}, stat->dropped - entry.start.dropped};
  counters.forwarded.packets = stat->packets - entry.start.packets;
  counters.forwarded.bytes = stat->bytes - entry.start.bytes;
  return counters;
}

template <class F>
void RouteStore<F>::Refresh() {
  for (const auto& [key, entry] : entries_) Store(entry);
}

template <class F>
Result<void> RouteStore<F>::AcquireOils(const Route& route, Entry& entry) {
  const std::pair<const PortSet&, const Oil*&> lists[] = {{route.from_upstream, entry.from_upstream},
                                                          {route.from_downstream, entry.from_downstream},
                                                          {route.not_upstream, entry.not_upstream}};
  for (const auto& [set, oil] : lists) {
    const auto acquired = oils_.Acquire(set);
    if (!acquired) {
      ReleaseOils(entry);
      return tl::unexpected(acquired.error());
    }
    oil = *acquired;
  }
  return {};
}

template <class F>
void RouteStore<F>::ReleaseOils(const Entry& entry) {
  for (const Oil* oil : {entry.from_upstream, entry.from_downstream, entry.not_upstream}) {
    if (oil != nullptr) oils_.Release(oil);
  }
}

template <class F>
std::uint16_t RouteStore<F>::GuardFlag(const typename F::Address& group) const {
  return guarded_.Contains(group) ? BPFCAST_OIL_GUARDED : 0;
}

template <class F>
void RouteStore<F>::Store(const Entry& entry) {
  bpfcast_route& route = array_[entry.index];
  StoreWord(route.from_upstream, Word(*entry.from_upstream, entry.flags));
  StoreWord(route.not_upstream, Word(*entry.not_upstream, entry.flags));
  StoreWord(route.from_downstream, Word(*entry.from_downstream, entry.flags));
}

template class RouteStore<Igmp>;
template class RouteStore<Mld>;

}  // namespace bpfcast
