// Datapath: what replicates packets. Backends execute; which of them serves and what it is told is decided
// above.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/port_id.h"
#include "base/result.h"
#include "base/time.h"
#include "routing/forwarding_update.h"
#include "routing/inherited_route.h"
#include "routing/passage.h"
#include "routing/topology.h"

namespace bpfcast {

/// Where a port's packets are taken from the kernel. kKernel: nowhere, its own multicast routing forwards
/// them.
enum class Hook : std::uint8_t { kXdp, kTc, kKernel };

/// Which sources a port accepts (F-12). kSubnet: a downstream those of its subnets and `other_sources`; the
/// upstream all but those of a downstream subnet, or, once it has `other_sources`, only its subnets and
/// these. kFib: a port accepts what the kernel's unicast routes would send back through it, and
/// `other_sources`.
enum class SourceCheck : std::uint8_t { kOff, kSubnet, kFib };

/// What a port is told for each family.
template <class F>
struct FamilyPort {
  using Address = typename F::Address;

  bool served = true;                          // false: all packets of the family are left to the stack
  std::vector<Address> own_addresses;          // F-10
  std::vector<Prefix<Address>> subnets;        // F-12, F-09 (IPv4: their directed broadcast addresses)
  std::vector<Prefix<Address>> other_sources;  // altnet: accepted like a subnet
  Passages<F> passages;                        // E-33, F-50

  bool operator==(const FamilyPort&) const = default;
};

/// A port as the datapath needs it: a live interface with everything that does not depend on a route.
struct DatapathPort {
  PortId id{};
  std::uint32_t ifindex = 0;
  std::string name;
  PortRole role = PortRole::kDownstream;
  bool up = true;           // a port that is down is sent nothing
  Hook hook = Hook::kTc;    // ingress
  bool xdp_target = false;  // can native XDP send to it (NDO_XMIT)?
  bool ethernet = true;     // false: its packets have no link-layer header (tun, ppp)
  MacAddress mac{};
  std::uint32_t mtu = 1500;
  std::uint8_t ttl_threshold = 1;  // F-08: forwarded iff the arriving TTL is greater
  SourceCheck source_check = SourceCheck::kSubnet;
  FamilyPort<Igmp> ipv4;
  FamilyPort<Mld> ipv6;

  bool operator==(const DatapathPort&) const = default;
};

struct PacketCount {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

struct DropCounter {
  std::string_view reason;  // the names of include/bpfcast/abi.h
  std::uint64_t packets = 0;
};

struct PortCounters {
  PortId id{};
  PacketCount received;                       // multicast of both families that arrived
  PacketCount transmitted;                    // copies handed to the port
  std::vector<DropCounter> not_forwarded{};   // of those received; every reason, zeros too
  std::vector<DropCounter> copies_dropped{};  // copies this port did not take, likewise

  std::uint64_t transmit_dropped() const {
    std::uint64_t sum = 0;
    for (const DropCounter& each : copies_dropped) sum += each.packets;
    return sum;
  }
};

template <class F>
struct RouteCounters {
  RouteKey<F> key;
  PacketCount forwarded;  // packets that were replicated, counted once each
  std::uint64_t dropped = 0;
};

/// One stream as the datapath saw it: packets of one source to a group that has a route.
template <class F>
struct FlowCounters {
  RouteKey<F> key;  // with the packet's source
  PortId arrival{};
  PacketCount forwarded;
  std::uint64_t dropped = 0;  // refused, or wanted by nobody
  Time first{};               // when the first packet came since the stream is known
  Time last{};                // when the last packet came
  double packets_per_s = 0;   // of what was forwarded, over the last second or two; 0 when it stopped
  double bits_per_s = 0;
  std::string_view refused{};  // why the last one of `dropped` was: a DropCounter's reason; empty: none was
};

/// How full a table is that takes no more than so many.
struct TableUse {
  std::string_view table;
  std::size_t used = 0;
  std::size_t capacity = 0;
};

/// `forwarded` and `drops` up to "nomem" add up to what the ports received (F-56); the reasons after it count
/// single copies.
struct DatapathCounters {
  std::vector<PortCounters> ports;
  std::uint64_t forwarded = 0;
  std::vector<DropCounter> drops;  // every reason, zeros too; what was left to the stack is among them
  std::vector<TableUse> tables;
};

/// Why the datapath tells of a single packet.
enum class PacketEventKind : std::uint8_t {
  kNoRoute,         // from upstream, and nobody wants it
  kWrongInterface,  // its source belongs to another interface (F-12)
  kTooBig,          // IPv6: larger than the MTU of an outgoing port (F-42)
};

/// One packet that an operator or its sender has to hear of. Events are limited in rate, for each stream and
/// altogether: their number says nothing.
struct PacketEvent {
  PacketEventKind kind = PacketEventKind::kNoRoute;
  PortId arrival{};
  std::variant<RouteKey<Igmp>, RouteKey<Mld>> stream;  // with the packet's source
  std::uint32_t mtu = 0;                               // kTooBig: of the port that could not take it
  std::vector<std::uint8_t> packet;  // kTooBig: from the IPv6 header on, as much as an ICMPv6 error quotes
};

/// How a port ended up, for display: hook and reason in one phrase.
struct PortAttachment {
  Hook hook = Hook::kTc;
  std::string reason;
  std::string obstacle{};  // what keeps it from forwarding as it is told to, and the way out; empty: nothing
};

/// What an earlier agent of the same instance left, and what forwards until TakeOver().
enum class Estate : std::uint8_t {
  kNone,
  kRoutes,  // Inherited() tells them
  kOpaque,  // of a version whose tables cannot be read: nobody knows who wants what until hosts say it again
};

struct InheritedPort {
  PortId id{};
  std::uint32_t ifindex = 0;
  PortRole role = PortRole::kDownstream;
};

/// A port that had a number keeps it for what TakeOver() is given: packets still go by it.
struct Inheritance {
  Estate estate = Estate::kNone;
  std::vector<InheritedPort> ports;
  std::vector<InheritedRoute<Igmp>> ipv4;
  std::vector<InheritedRoute<Mld>> ipv6;
};

/// What came of each part of TakeOver(): of each port in their order, as of SetPort(), and of the routes as
/// of Sync().
struct TakenOver {
  std::vector<Result<PortAttachment>> ports;
  Result<void> ipv4;
  Result<void> ipv6;
};

class Datapath {
 public:
  virtual ~Datapath() = default;

  /// Empty after TakeOver().
  virtual const Inheritance& Inherited() const = 0;
  /// The start: ports and routes of both families at once. What forwarded until now goes on in between, and
  /// what is not named ends. On failure nothing has been taken over, and it may be tried again.
  virtual Result<TakenOver> TakeOver(const std::vector<DatapathPort>& ports,
                                     const ForwardingUpdate<Igmp>& ipv4,
                                     const ForwardingUpdate<Mld>& ipv6) = 0;
  /// The agent ends and another one goes on: destruction leaves in the kernel what can stay there without an
  /// agent.
  virtual void HandOver() = 0;

  /// Adds or changes a port. Tries `port.hook`; when the kernel refuses native XDP the port is served by TC
  /// and the attachment says why. On failure the port carries no traffic.
  virtual Result<PortAttachment> SetPort(const DatapathPort& port) = 0;
  /// The interface is gone or has no role any more. Unknown ports are ignored.
  virtual void RemovePort(PortId port) = 0;

  /// Makes the changes in order. On failure the entries named in the error are not forwarded; everything else
  /// is.
  virtual Result<void> Apply(const ForwardingUpdate<Igmp>& update) = 0;
  virtual Result<void> Apply(const ForwardingUpdate<Mld>& update) = 0;
  /// Makes the datapath hold exactly these entries of the family.
  virtual Result<void> Sync(const ForwardingUpdate<Igmp>& table) = 0;
  virtual Result<void> Sync(const ForwardingUpdate<Mld>& table) = 0;

  /// Work that waits for time to pass (an OIL that rests before reuse): call at least once a second.
  virtual void Tick(Time now) = 0;

  virtual Result<DatapathCounters> Counters() = 0;
  /// The argument names the family.
  virtual Result<std::vector<RouteCounters<Igmp>>> CountersOfRoutes(Igmp) = 0;
  virtual Result<std::vector<RouteCounters<Mld>>> CountersOfRoutes(Mld) = 0;
  /// The streams seen lately; the longest silent ones give way to new ones.
  virtual Result<std::vector<FlowCounters<Igmp>>> Flows(Igmp) = 0;
  virtual Result<std::vector<FlowCounters<Mld>>> Flows(Mld) = 0;

  /// Readable when TakeEvents() has something; -1 when this datapath tells of no packets.
  virtual int EventsFd() const = 0;
  /// What was told since the last call, at most some hundred at once.
  virtual std::vector<PacketEvent> TakeEvents() = 0;
};

}  // namespace bpfcast
