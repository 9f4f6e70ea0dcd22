// MrouteKernel: what a family's multicast routing in the kernel can be told and asked. The socket implements
// it, and a test in its place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "routing/datapath.h"
#include "routing/forwarding_update.h"

namespace bpfcast {

/// The kernel's word for an interface that takes part: a small number of its own.
using Vif = std::uint16_t;
inline constexpr std::size_t kMaxVifs = 32;  // MAXVIFS, MAXMIFS

/// One (S,G) entry of the kernel: what arrives on `parent` goes to each interface whose threshold its TTL
/// exceeds.
template <class F>
struct MrouteEntry {
  static constexpr std::uint8_t kNotSent = 255;

  RouteKey<F> stream;
  Vif parent = 0;
  std::array<std::uint8_t, kMaxVifs> thresholds{};

  MrouteEntry() { thresholds.fill(kNotSent); }
  bool operator==(const MrouteEntry&) const = default;
};

/// Since the entry was made. `packets` and `bytes` have those that came on another interface, too.
struct MrouteEntryCount {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t wrong_interface = 0;
};

struct VifCount {
  PacketCount received;
  PacketCount transmitted;
};

enum class UpcallKind : std::uint8_t {
  kNoEntry,         // the packet waits for an entry, with up to three that follow it
  kWrongInterface,  // it did not arrive on the parent and was dropped; told every 3 s at most
};

/// What the kernel asks.
template <class F>
struct Upcall {
  UpcallKind kind = UpcallKind::kNoEntry;
  Vif arrival = 0;
  RouteKey<F> stream;
};

template <class F>
class MrouteKernel {
 public:
  virtual ~MrouteKernel() = default;

  virtual Result<void> AddVif(Vif vif, std::uint32_t ifindex) = 0;
  /// The kernel removes it by itself when the interface goes.
  virtual void RemoveVif(Vif vif) = 0;
  /// Makes the entry, or changes it; what waited for it is sent.
  virtual Result<void> SetEntry(const MrouteEntry<F>& entry) = 0;
  virtual void RemoveEntry(const RouteKey<F>& stream) = 0;
  /// Nothing when there is no such interface, or entry.
  virtual std::optional<VifCount> CountOfVif(Vif vif) = 0;
  virtual std::optional<MrouteEntryCount> CountOf(const RouteKey<F>& stream) = 0;
  /// What it asked since the last call, at most some hundred at once.
  virtual std::vector<Upcall<F>> TakeUpcalls() = 0;
  /// Readable when there are upcalls.
  virtual int fd() const = 0;
};

}  // namespace bpfcast
