// MrouteStreams: the streams that the kernel has entries for, each with what is wanted of it and what was
// counted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpfcast/abi.h"
#include "datapath/mroute_kernel.h"
#include "datapath/mroute_plan.h"
#include "datapath/port_reasons.h"
#include "datapath/vif_table.h"

namespace bpfcast {

struct MrouteLimits {
  std::size_t streams = 16384;  // of a family
  Duration idle = std::chrono::minutes(5);
};

/// The kernel asks about the first packet of each stream on each interface (an upcall) and keeps it until it
/// is answered with an entry of exactly this source, group and arrival interface, an empty one for streams
/// that are refused or wanted by nobody, so that it asks once. Its (*,G) entries are not used: they would
/// forward sources that a port does not accept, and say nothing of who sends. Whatever changes what is wanted
/// rewrites the entries concerned, each in one step; one of which nothing was heard for a while is removed.
template <class F>
class MrouteStreams {
 public:
  using Address = typename F::Address;

  /// All outlive it.
  MrouteStreams(MrouteKernel<F>& kernel, const MroutePlan<F>& plan, const VifTable& vifs,
                const MrouteLimits& limits);

  /// Answers what the kernel asked; tells of packets that nobody gets.
  void Answer(const std::vector<Upcall<F>>& upcalls, Time now, std::vector<PacketEvent>& events);
  /// What is wanted of the group, or of everything, may have changed.
  void Refresh(const Address& group, Time now);
  void RefreshAll(Time now);
  /// The port will not be there any more: what arrived on it is forgotten.
  void RemoveArrivals(PortId port, Time now);
  /// Reads the kernel's counters and removes what is idle: call about once a second.
  void Sample(Time now);
  /// Reads the counters of all streams.
  void Count(Time now);

  std::vector<FlowCounters<F>> Flows() const;
  /// Of the routes of the plan.
  std::vector<RouteCounters<F>> CountersOfRoutes() const;
  /// Since the start.
  const ReasonCounts& verdicts() const { return verdicts_; }
  /// The same of what arrived on one port, FORWARDED left out. The kernel says how many packets of a stream
  /// came from a wrong interface, and not always from which: those of which it did not are in verdicts()
  /// alone.
  ReasonCounts ReasonsOf(PortId port) const;
  std::size_t size() const { return size_; }

 private:
  struct Stream {
    PortId arrival{};
    StreamPlan<F> plan;
    MrouteEntry<F> entry;
    MrouteEntryCount seen;  // the kernel's numbers, as of the last reading
    PacketCount forwarded;
    std::uint64_t dropped = 0;
    std::uint32_t refused = BPFCAST_FORWARDED;  // why the last one of these was
    Time first{};
    Time last{};  // of what came on the arrival port
    Time sampled{};
    PacketCount forwarded_at_sample;
    double packets_per_s = 0;
    double bits_per_s = 0;
    /// Another port on which it may arrive and did, while this one was not silent.
    std::optional<PortId> claimant;
    Time claimed{};
    /// Where the kernel last saw it on a wrong interface.
    std::optional<PortId> stray;
    Time strayed{};
  };
  using Streams = std::unordered_map<Address, std::map<Address, Stream>>;
  struct RouteCount {
    PacketCount forwarded;
    std::uint64_t dropped = 0;
  };

  void Admit(const RouteKey<F>& key, PortId arrival, Time now, std::vector<PacketEvent>& events);
  void OnOtherArrival(Stream& stream, PortId arrival, Time now, std::vector<PacketEvent>& events);
  bool HasRoomFor(int worth, Time now);
  void MakeRoom(Time now);
  void Complain(Time now, const std::string& what);
  Stream* Find(const RouteKey<F>& key);
  void Forget(const RouteKey<F>& key);
  /// False when the kernel does not have the entry any more.
  bool Account(Stream& stream, Time now);
  void Move(Stream& stream, PortId arrival, Time now);
  void Refresh(Stream& stream, Time now);
  MrouteEntry<F> ToEntry(const RouteKey<F>& key, PortId arrival, const PortSet& outgoing) const;
  bool Write(Stream& stream, const MrouteEntry<F>& entry, Time now);
  void CountVerdict(std::uint32_t verdict, std::optional<PortId> arrival, std::uint64_t packets);
  void Tell(const RouteKey<F>& key, PortId arrival, std::uint32_t verdict,
            std::vector<PacketEvent>& events) const;
  /// Calls `visit(key, stream)`; those for which it gives false are forgotten.
  template <class Visit>
  void KeepIf(Visit visit);

  MrouteKernel<F>& kernel_;
  const MroutePlan<F>& plan_;
  const VifTable& vifs_;
  MrouteLimits limits_;
  Streams streams_;
  std::size_t size_ = 0;
  std::map<RouteKey<F>, RouteCount> routes_;
  ReasonCounts verdicts_{};
  std::map<PortId, ReasonCounts> reasons_;  // of the ports on which something was not forwarded
  std::optional<Time> made_room_;
  std::optional<Time> complained_;
};

extern template class MrouteStreams<Igmp>;
extern template class MrouteStreams<Mld>;

}  // namespace bpfcast
