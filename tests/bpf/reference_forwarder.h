// ReferenceForwarder: what a router of the conformance matrix (sections F.1 and F.2) makes of one frame.
// Written from the rules, slow and obvious, so that the programs can be held against it.
//
// Where the rules leave the order open: the port (F-11), the lease and the VLAN tag (F-24) come before what
// F.1 judges of the packet; options (F-14) after the source, the frame's destination (F-23) after them, the
// outgoing interfaces (F-13) last. It does not know the kernel's routes: no port of it has SourceCheck::kFib.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "bpf/frame.h"
#include "bpf/program_run.h"
#include "bpfcast/abi.h"
#include "routing/datapath.h"

namespace bpfcast::bpftest {

/// What becomes of one frame.
struct Judgement {
  std::optional<bpfcast_counter> verdict;  // nothing: none of our business, and not counted
  Fate fate = Fate::kPass;
  std::optional<PortId> arrival;              // whose `received` counts it
  std::size_t length = 0;                     // octets of the IP packet
  std::map<PortId, Bytes> copies;             // with the port's source address
  std::map<PortId, bpfcast_counter> refused;  // copies that their port did not take
  const Route* route = nullptr;               // whose counters have it
};

/// "ttl", "forwarded"; "not counted" without a verdict.
std::string NameOf(const std::optional<bpfcast_counter>& counter);

class ReferenceForwarder {
 public:
  enum class Lease { kRuns, kOver };

  void SetPort(const DatapathPort& port) { ports_[port.id] = port; }
  /// The interface went while lists still name it.
  void LosePort(PortId id) { lost_.insert(id); }
  /// The interface is there, and the kernel sends nothing to it.
  void RefuseCopies(PortId id) { refusing_.insert(id); }
  void SetRoute(const RouteKey<Igmp>& key, const Route& route) { routes4_[key] = route; }
  void SetRoute(const RouteKey<Mld>& key, const Route& route) { routes6_[key] = route; }
  void SetLease(Lease lease) { lease_ = lease; }

  const Route* RouteOf(const RouteKey<Igmp>& key) const { return &routes4_.at(key); }
  const Route* RouteOf(const RouteKey<Mld>& key) const { return &routes6_.at(key); }

  /// `ifindex`: where the frame arrived.
  Judgement Judge(const Bytes& frame, std::uint32_t ifindex) const;

 private:
  template <class F>
  struct Arrived;  // a frame in parts

  template <class F>
  Judgement JudgePacket(const Arrived<F>& in) const;
  template <class F>
  std::optional<bpfcast_counter> JudgeSource(const Arrived<F>& in) const;
  template <class F>
  bool IsExpectedOn(const DatapathPort& port, const typename F::Address& source) const;
  template <class F>
  Judgement Replicate(const Arrived<F>& in, const Route* route) const;
  template <class F>
  const Route* FindRoute(const Arrived<F>& in) const;
  PortSet Upstreams() const;

  std::map<PortId, DatapathPort> ports_;
  std::set<PortId> lost_;
  std::set<PortId> refusing_;
  std::map<RouteKey<Igmp>, Route> routes4_;
  std::map<RouteKey<Mld>, Route> routes6_;
  Lease lease_ = Lease::kRuns;
};

}  // namespace bpfcast::bpftest
