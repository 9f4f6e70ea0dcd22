#include "datapath/route_store.h"

#include "datapath/bpf_counters.h"

namespace bpfcast {
namespace {

std::uint64_t Word(const Oil& oil, std::uint16_t flags) {
  return oil.word | bpfcast_oil_word(0, 0, 0, flags);
}

}  // namespace

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
  const Result<std::uint32_t> index = array_.Take();
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
  if (Result<void> added = object_.maps_of(F()).routes.Set(ToKey<F>(key), entry.index); !added) {
    ReleaseOils(entry);
    array_.GiveBack(entry.index);
    return added;
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
