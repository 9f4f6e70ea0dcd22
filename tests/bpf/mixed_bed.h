// MixedBed: the bed of the matrix with a rule of every kind on its ports and routes, told alike to the
// datapath and to the reference forwarder, and the packets that meet these rules.
#pragma once

#include <random>

#include "bpf/lab.h"
#include "bpf/reference_forwarder.h"

namespace bpfcast::bpftest {

inline constexpr PortId kLost{4};     // its interface goes while lists still name it
inline constexpr PortId kSilent{5};   // down, and the datapath knows
inline constexpr PortId kRefuses{6};  // down, and the datapath does not know yet

class MixedBed {
 public:
  explicit MixedBed(Hook hook);

  Lab& lab() { return lab_; }
  const ReferenceForwarder& reference() const { return reference_; }
  /// The ports where packets may arrive.
  static std::vector<PortId> Arrivals() { return {kU, kD1, kD2, kD3, kLost}; }

  /// As in the middle of RemovePort(kLost), for as long as the test lasts.
  void LosePort();
  void EndLease();

 private:
  void MakePorts(Hook hook);
  template <class F>
  void MakeRoutes();
  template <class F>
  void AddRoute(const RouteKey<F>& key, const PortSet& downstreams, bool local = false);

  Lab lab_;
  ReferenceForwarder reference_;
};

/// Packets of one family, mostly valid ones, with every rule in reach. The same seed gives the same packets.
template <class F>
class MixedPackets {
 public:
  MixedPackets(MixedBed& bed, std::uint32_t seed) : bed_(bed), random_(seed) {}

  struct Packet {
    PortId arrival{};
    Bytes frame;
  };
  Packet Next();

 private:
  using Address = typename F::Address;
  using Frame = FrameOf<F>;

  bool OneIn(unsigned n) { return random_() % n == 0; }
  template <class List>
  auto Any(const List& list) {
    return list[random_() % std::size(list)];
  }
  std::uint8_t Octet() { return static_cast<std::uint8_t>(random_()); }
  Bytes Octets(std::size_t size);
  Address Source(PortId arrival);
  void FillPayload(Frame& frame);
  void FillHeader(Frame& frame);
  void FillLink(Frame& frame, PortId arrival);
  void Spoil(Bytes& frame);

  MixedBed& bed_;
  std::mt19937 random_;
};

}  // namespace bpfcast::bpftest
