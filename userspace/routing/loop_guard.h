// LoopGuard: finds out that two of our interfaces are on one segment (E-41).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/port_id.h"
#include "base/time.h"
#include "routing/proxy_config.h"

namespace bpfcast {

/// Told when a loop begins and when it ends.
struct LoopNotice {
  enum class State : std::uint8_t { kBegan, kEnded };

  State state = State::kBegan;
  PortId one{};
  PortId other{};
  LoopGuardMode guard = LoopGuardMode::kBlock;  // kBlock: both forward nothing meanwhile

  bool operator==(const LoopNotice&) const = default;
};

/// Two ports are looped while each hears what the other sends. One direction alone proves nothing: any host
/// can send a query with our address on another link as its source, and could so cut off a link that it is
/// not on, even the upstream. To fake both directions it would have to be on both links, and then it can do
/// worse. What a port hears of itself (a hub that echoes, another machine with its address, C-59) is no loop.
///
/// A direction is remembered until a time that the caller gives. There are at most as many as pairs of ports.
class LoopGuard {
 public:
  using Notices = std::vector<LoopNotice>;

  /// `arrival` got a message that `sender` sends.
  void OnHeard(PortId sender, PortId arrival, Time until, Notices& out);
  /// The port does not work any more.
  void Forget(PortId port, Notices& out);
  bool AreLooped(PortId one, PortId other) const;
  /// The ports that are looped with any other.
  const PortSet& looped() const { return looped_; }

  Time NextExpiry() const { return next_expiry_; }
  void Expire(Time now, Notices& out);

 private:
  using Direction = std::pair<PortId, PortId>;  // sender, arrival

  template <class IsOver>
  void End(IsOver is_over, Notices& out);

  std::map<Direction, Time> heard_;  // until when it counts
  PortSet looped_;
  Time next_expiry_ = kNever;
};

}  // namespace bpfcast
