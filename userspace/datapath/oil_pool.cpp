#include "datapath/oil_pool.h"

#include <algorithm>
#include <cassert>

#include "bpfcast/abi.h"

namespace bpfcast {
namespace {

std::uint32_t SlotsFor(std::uint32_t ports) {
  return (ports + BPFCAST_CHUNK_PORTS - 1) / BPFCAST_CHUNK_PORTS;
}

}  // namespace

void OilPool::Reserve(std::uint32_t slot, std::uint32_t ports) {
  if (slots_.IsTaken(slot)) return;  // a list of many routes
  reserved_.push_back({slot, SlotsFor(ports)});
  slots_.Reserve(slot, SlotsFor(ports));
}

void OilPool::FreeReserved() {
  for (const Run& run : std::exchange(reserved_, {})) resting_runs_.Add(run);
}

Result<const Oil*> OilPool::Acquire(const PortSet& set) {
  const auto [position, is_new] = entries_.try_emplace(set);
  if (is_new) position->second = std::make_unique<Entry>();
  Entry& entry = *position->second;
  // One that is in use has readers of its present word; it waits for Rebuild().
  if (is_new || (entry.outdated && entry.users == 0)) {
    entry.set = set;
    if (Result<void> built = Build(entry); !built) {
      entry.outdated = true;
      if (is_new) entries_.erase(position);
      return tl::unexpected(built.error());
    }
  }
  if (entry.users++ == 0) ++used_;
  return &entry;
}

void OilPool::Release(const Oil* oil) {
  const auto& entry = static_cast<const Entry&>(*oil);
  Entry& mine = *entries_.find(entry.set)->second;
  assert(mine.users > 0);
  if (--mine.users > 0) return;
  --used_;
  mine.released = ++releases_;
  idle_.Add({mine.set, mine.released});
}

Result<void> OilPool::SetPort(PortId id, const std::optional<OilPort>& port) {
  const auto known = ports_.find(id);
  if (port ? known != ports_.end() && known->second == *port : known == ports_.end()) return {};
  if (port) {
    ports_[id] = *port;
  } else {
    ports_.erase(known);
  }
  Result<void> result;
  for (const auto& [set, entry] : entries_) {
    if (!set.Contains(id)) continue;
    if (entry->users == 0) {
      entry->outdated = true;
      continue;
    }
    if (Result<void> built = Follow(*entry); !built) result = built;
    if (entry->outdated && !port && entry->slot && entry->slot->kind == Kind::kDeviceMap) {
      writer_.EmptyDeviceMap(entry->slot->number, {id});
      entry->slot->ifindexes.clear();  // it is not that of its ports any more
    }
  }
  return result;
}

Result<void> OilPool::Follow(Entry& entry) {
  if (std::exchange(entry.tick, ticks_) != ticks_) entry.builds = 0;
  Result<void> built;
  const bool now = !NeedsNewSlot(entry, ShapeOf(entry.set)) || ++entry.builds <= kBuildsAtOnce;
  if (now) built = Build(entry);
  if (!now || !built) entry.outdated = waiting_ = true;
  return built;
}

OilPool::Words OilPool::Rebuild() {
  Words words = Words::kSame;
  if (!std::exchange(waiting_, false)) return words;
  for (const auto& [set, entry] : entries_) {
    if (!entry->outdated || entry->users == 0) continue;
    if (Build(*entry)) {
      words = Words::kChanged;
    } else {
      waiting_ = true;
    }
  }
  return words;
}

Result<void> OilPool::Tick(Time now) {
  ++ticks_;
  idle_.Tick(now, [this](const Idle& idle) {
    const auto entry = entries_.find(idle.set);
    if (entry == entries_.end() || entry->second->users > 0 || entry->second->released != idle.released)
      return;
    Leave(*entry->second);
    entries_.erase(entry);
  });
  resting_.Tick(now, [this](Slot slot) {
    if (slot.kind == Kind::kDeviceMap) writer_.EmptyDeviceMap(slot.number, slot.ports);
    slot.ports.clear();
    Free(slot.size, slot.kind).push_back(std::move(slot));
  });
  resting_runs_.Tick(now, [this](const Run& run) { slots_.Free(run.first, run.count); });
  for (std::size_t size = 0; size < kSizes.size(); ++size) {
    if (!wanted_[size] || Free(size, Kind::kDeviceMap).size() >= (kBatch[size] + 1) / 2) continue;
    if (Result<void> grown = Grow(size); !grown) return grown;
  }
  return {};
}

OilPool::Shape OilPool::ShapeOf(const PortSet& set) const {
  Shape shape;
  set.ForEach([&](PortId id) {
    const auto port = ports_.find(id);
    if (port == ports_.end()) return;
    shape.ports.push_back(id);
    shape.ifindexes.push_back(port->second.ifindex);
    shape.mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(shape.mtu, port->second.mtu));
    shape.xdp = shape.xdp && port->second.xdp_target;
  });
  return shape;
}

// TC reads the ports alone, so a list with a device map serves it, too.
bool OilPool::NeedsNewSlot(const Entry& entry, const Shape& shape) {
  if (shape.ports.size() < 2) return false;
  if (!entry.slot || entry.slot->ports != shape.ports) return true;
  return shape.xdp && (entry.slot->kind == Kind::kPlain || entry.slot->ifindexes != shape.ifindexes);
}

void OilPool::SetWord(Entry& entry, const Shape& shape) {
  const auto count = static_cast<std::uint16_t>(shape.ports.size());
  auto flags = static_cast<std::uint16_t>(shape.xdp ? BPFCAST_OIL_XDP : 0);
  std::uint16_t number = 0;
  if (count == 1) {
    flags |= BPFCAST_OIL_SINGLE;
    number = static_cast<std::uint16_t>(shape.ports.front());
  } else if (count > 1) {
    number = static_cast<std::uint16_t>(entry.slot->number);
  }
  entry.word = count == 0 ? 0 : bpfcast_oil_word(number, shape.mtu, count, flags);
  entry.outdated = false;
}

// Fills a slot that nobody reads, and only then lets the word name it.
Result<void> OilPool::Build(Entry& entry) {
  const Shape shape = ShapeOf(entry.set);
  if (NeedsNewSlot(entry, shape)) {
    Result<Slot> taken = TakeSlot(shape.ports.size(), shape.xdp ? Kind::kDeviceMap : Kind::kPlain);
    if (!taken) return tl::unexpected(taken.error());
    taken->ports = shape.ports;
    taken->ifindexes = shape.ifindexes;
    writer_.WritePorts(taken->number, shape.ports);
    if (shape.xdp) {
      if (Result<void> filled = writer_.FillDeviceMap(taken->number, shape.ports); !filled) {
        resting_.Add(std::move(*taken));
        return filled;
      }
    }
    Leave(entry);
    entry.slot = std::move(*taken);
  } else if (shape.ports.size() < 2) {
    Leave(entry);
  }
  SetWord(entry, shape);
  return {};
}

void OilPool::Leave(Entry& entry) {
  if (entry.slot) resting_.Add(std::move(*entry.slot));
  entry.slot.reset();
}

Result<OilPool::Slot> OilPool::TakeSlot(std::size_t ports, Kind kind) {
  std::size_t size = 0;
  while (kSizes[size] < ports) ++size;
  std::vector<Slot>& free = Free(size, kind);
  if (free.empty() && kind == Kind::kDeviceMap) {
    wanted_[size] = true;
    if (Result<void> grown = Grow(size); !grown) return tl::unexpected(grown.error());
  } else if (free.empty()) {
    const std::optional<std::uint32_t> number = NewSlots(size, 1);
    if (!number) return Fail("too many different outgoing interface lists (BPFCAST_MAX_OILS)");
    free.push_back({*number, size, kind, {}, {}});
  }
  Slot slot = std::move(free.back());
  free.pop_back();
  return slot;
}

Result<void> OilPool::Grow(std::size_t size) {
  const std::uint32_t stride = SlotsFor(kSizes[size]);
  const std::optional<std::uint32_t> first = NewSlots(size, kBatch[size]);
  if (!first) return Fail("too many different outgoing interface lists (BPFCAST_MAX_OILS)");
  if (Result<void> created = writer_.CreateDeviceMaps(*first, stride, kBatch[size], kSizes[size]); !created) {
    slots_.Free(*first, stride * kBatch[size]);
    return created;
  }
  for (std::uint32_t i = kBatch[size]; i-- > 0;) {
    Free(size, Kind::kDeviceMap).push_back({*first + i * stride, size, Kind::kDeviceMap, {}, {}});
  }
  return {};
}

std::optional<std::uint32_t> OilPool::NewSlots(std::size_t size, std::uint32_t count) {
  return slots_.Take(SlotsFor(kSizes[size]) * count);
}

}  // namespace bpfcast
