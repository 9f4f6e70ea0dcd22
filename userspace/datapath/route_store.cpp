#include "datapath/route_store.h"

#include <atomic>
#include <cstring>

#include "datapath/bpf_counters.h"

namespace bpfcast {
namespace {

// One store: a packet sees the old list or the new one (F-54).
void StoreWord(__u64& where, std::uint64_t word) {
  std::atomic_ref<__u64>(where).store(word, std::memory_order_release);
}

std::uint64_t Word(const Oil& oil, bool local) {
  return oil.word | (local ? bpfcast_oil_word(0, 0, 0, BPFCAST_OIL_LOCAL) : 0);
}

}  // namespace

bpfcast_key4 ToKey4(const RouteKey<Igmp>& key) {
  bpfcast_key4 result{};
  std::memcpy(&result.source, key.source.bytes().data(), sizeof result.source);
  std::memcpy(&result.group, key.group.bytes().data(), sizeof result.group);
  return result;
}

Result<void> RouteStore::Set(const RouteKey<Igmp>& key, const Route& route) {
  Entry entry;
  entry.local = route.local;
  const auto up = oils_.Acquire(route.from_upstream);
  if (!up) {
    Remove(key);
    return tl::unexpected(up.error());
  }
  entry.from_upstream = *up;
  const auto down = oils_.Acquire(route.from_downstream);
  if (!down) {
    oils_.Release(entry.from_upstream);
    Remove(key);
    return tl::unexpected(down.error());
  }
  entry.from_downstream = *down;

  if (const auto known = entries_.find(key); known != entries_.end()) {
    entry.index = known->second.index;
    entry.start = known->second.start;
    Store(entry);
    ReleaseOils(known->second);
    known->second = entry;
    return {};
  }
  const Result<std::uint32_t> index = TakeIndex();
  if (!index) {
    ReleaseOils(entry);
    return tl::unexpected(index.error());
  }
  // Complete before the first packet can find it.
  entry.index = *index;
  if (const auto start = ReadRouteStat(object_, entry.index)) entry.start = *start;
  object_.routes[entry.index].key4 = ToKey4(key);
  Store(entry);
  if (Result<void> added = object_.rt4.Set(ToKey4(key), entry.index); !added) {
    ReleaseOils(entry);
    free_.push_back(entry.index);
    return added;
  }
  entries_.emplace(key, entry);
  return {};
}

void RouteStore::Remove(const RouteKey<Igmp>& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return;
  object_.rt4.Erase(ToKey4(key));
  ReleaseOils(entry->second);
  resting_.Add(entry->second.index);
  entries_.erase(entry);
}

Result<void> RouteStore::SetDefault(const PortSet& upstreams) {
  const auto oil = oils_.Acquire(upstreams);
  StoreWord(object_.routes[BPFCAST_DEFAULT_ROUTE].from_downstream, oil ? (*oil)->word : 0);
  if (default_ != nullptr) oils_.Release(default_);
  default_ = oil ? *oil : nullptr;
  if (!oil) return tl::unexpected(oil.error());
  return {};
}

Result<RouteCounters<Igmp>> RouteStore::Counters(const RouteKey<Igmp>& key, const Entry& entry) {
  const auto stat = ReadRouteStat(object_, entry.index);
  if (!stat) return tl::unexpected(stat.error());
  RouteCounters<Igmp> counters{key, {}, stat->dropped - entry.start.dropped};
  counters.forwarded.packets = stat->packets - entry.start.packets;
  counters.forwarded.bytes = stat->bytes - entry.start.bytes;
  return counters;
}

void RouteStore::Refresh() {
  for (const auto& [key, entry] : entries_) Store(entry);
  if (default_ != nullptr) {
    StoreWord(object_.routes[BPFCAST_DEFAULT_ROUTE].from_downstream, default_->word);
  }
}

void RouteStore::Tick(Time now) {
  resting_.Tick(now, [this](std::uint32_t index) { free_.push_back(index); });
}

Result<std::uint32_t> RouteStore::TakeIndex() {
  std::uint32_t index = next_index_;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (next_index_ < object_.routes.size()) {
    ++next_index_;
  } else {
    return Fail("the table of " + std::to_string(object_.routes.size()) +
                " routes is full (BPFCAST_MAX_ROUTES)");
  }
  return index;
}

void RouteStore::Store(const Entry& entry) {
  bpfcast_route& route = object_.routes[entry.index];
  StoreWord(route.from_upstream, Word(*entry.from_upstream, entry.local));
  StoreWord(route.from_downstream, Word(*entry.from_downstream, entry.local));
}

void RouteStore::ReleaseOils(const Entry& entry) {
  oils_.Release(entry.from_upstream);
  oils_.Release(entry.from_downstream);
}

}  // namespace bpfcast
