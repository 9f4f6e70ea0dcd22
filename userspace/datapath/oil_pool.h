// OilPool: the outgoing interface lists that routes refer to.
//
// Equal sets are one list. What a slot says never changes while a packet may be reading it: a port that
// comes, goes, or becomes another interface builds the list anew in another slot, and the slot left behind
// rests before it is used again. What else changes of a port stands in the word alone. Small sets are common
// and large ones rare, so slots come in sizes. Lists of native XDP targets have a device map, made in batches
// ahead of need because each insertion into the map of maps waits for an RCU grace period.
//
// Hundreds of ports may come at once, and a list of them all would take a slot for each: a list takes new
// slots at once for its first changes between two Ticks, and for the later ones, or when there is no slot for
// it, by Rebuild(). Until then it stays as it was, without the ports that are gone.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/port_id.h"
#include "base/result.h"
#include "datapath/resting_queue.h"
#include "datapath/slot_map.h"

namespace bpfcast {

/// What the pool has to know of a port.
struct OilPort {
  std::uint32_t ifindex = 0;
  std::uint32_t mtu = 0;
  bool xdp_target = false;

  bool operator==(const OilPort&) const = default;
};

/// The kernel's side of the pool.
class OilWriter {
 public:
  virtual ~OilWriter() = default;
  /// Makes `count` device maps for `ports` ports each, for the slots first, first + stride, ...
  virtual Result<void> CreateDeviceMaps(std::uint32_t first, std::uint32_t stride, std::uint32_t count,
                                        std::uint32_t ports) = 0;
  virtual void WritePorts(std::uint32_t slot, const std::vector<PortId>& ports) = 0;
  virtual Result<void> FillDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) = 0;
  virtual void EmptyDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) = 0;
};

/// A list, as its users see it.
struct Oil {
  std::uint64_t word = 0;  // bpfcast_oil_word(), without BPFCAST_OIL_LOCAL
};

class OilPool {
 public:
  OilPool(OilWriter& writer, std::uint32_t slots) : writer_(writer), slots_(slots) {}

  /// Packets go by the list of so many ports that begins there, which an earlier agent made: nothing else
  /// comes to its slots until FreeReserved().
  void Reserve(std::uint32_t slot, std::uint32_t ports);
  /// No word names those lists any more.
  void FreeReserved();

  /// The list of a set, for one user more. Ports that are not there are left out until they come. On failure
  /// nothing has changed.
  Result<const Oil*> Acquire(const PortSet& set);
  void Release(const Oil* oil);

  /// A port came, changed, or went (nothing). Lists that have it get new words, now or by Rebuild(), which
  /// their users must take over. The error is that of a list that could not be built.
  Result<void> SetPort(PortId id, const std::optional<OilPort>& port);

  /// Device maps ahead of need, and what has rested is free again.
  Result<void> Tick(Time now);

  enum class Words : std::uint8_t { kSame, kChanged };
  /// Builds the lists that wait for it, as far as there are slots. Changed words are to be taken over.
  Words Rebuild();

  /// Lists in use.
  std::size_t size() const { return used_; }
  std::uint32_t slots_taken() const { return slots_.taken(); }

 private:
  enum class Kind : std::uint8_t { kPlain, kDeviceMap };
  static constexpr std::array<std::uint32_t, 4> kSizes = {16, 64, 256, 1024};
  /// Device maps made at a time, by size.
  static constexpr std::array<std::uint32_t, 4> kBatch = {32, 8, 4, 2};
  /// New slots between two Ticks that a list takes at once.
  static constexpr unsigned kBuildsAtOnce = 2;

  struct Slot {
    std::uint32_t number = 0;
    std::size_t size = 0;  // index in kSizes
    Kind kind = Kind::kPlain;
    std::vector<PortId> ports;
    std::vector<std::uint32_t> ifindexes;  // of the ports, when the device map was filled
  };
  /// What the ports of a set say of their list now.
  struct Shape {
    std::vector<PortId> ports;
    std::vector<std::uint32_t> ifindexes;
    std::uint16_t mtu = UINT16_MAX;
    bool xdp = true;
  };
  struct Entry : Oil {
    PortSet set;
    std::optional<Slot> slot;
    std::size_t users = 0;
    std::uint64_t released = 0;  // number of the release that left it without users
    bool outdated = false;
    unsigned builds = 0;     // new slots for changes of ports, ...
    std::uint64_t tick = 0;  // ... since this Tick
  };
  struct Run {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  struct Idle {
    PortSet set;
    std::uint64_t released = 0;
  };
  struct Hash {
    std::size_t operator()(const PortSet& set) const { return set.Hash(); }
  };

  Shape ShapeOf(const PortSet& set) const;
  static bool NeedsNewSlot(const Entry& entry, const Shape& shape);
  static void SetWord(Entry& entry, const Shape& shape);
  Result<void> Build(Entry& entry);
  Result<void> Follow(Entry& entry);
  Result<Slot> TakeSlot(std::size_t ports, Kind kind);
  Result<void> Grow(std::size_t size);
  std::optional<std::uint32_t> NewSlots(std::size_t size, std::uint32_t count);
  std::vector<Slot>& Free(std::size_t size, Kind kind) {
    return free_[size * 2 + static_cast<std::size_t>(kind)];
  }
  void Leave(Entry& entry);

  OilWriter& writer_;
  SlotMap slots_;
  std::vector<Run> reserved_;
  std::size_t used_ = 0;
  std::uint64_t releases_ = 0;
  std::uint64_t ticks_ = 0;
  bool waiting_ = false;  // for Rebuild(): lists in use that are outdated
  std::array<bool, kSizes.size()> wanted_ = {true, false, false,
                                             false};  // sizes with device maps kept in stock
  std::array<std::vector<Slot>, kSizes.size() * 2> free_;
  std::unordered_map<PortId, OilPort> ports_;
  std::unordered_map<PortSet, std::unique_ptr<Entry>, Hash> entries_;
  RestingQueue<Idle> idle_;
  RestingQueue<Slot> resting_;
  RestingQueue<Run> resting_runs_;
};

}  // namespace bpfcast
