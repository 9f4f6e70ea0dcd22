// What a proxy is told of its interfaces: the roles and every setting of both.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/port_id.h"
#include "membership/access_list.h"
#include "membership/host.h"
#include "membership/host_list.h"
#include "membership/querier.h"

namespace bpfcast {

/// E-34: what a downstream link gets while another router is its querier.
enum class ForeignQuerier : std::uint8_t {
  kStopForwarding,  // the other router forwards (C-57)
  kKeepForwarding,
};

/// E-06: do the members of a link whose querier is another router count upstream? They do in any case while
/// the link is forwarded to.
enum class NonQuerierMembers : std::uint8_t {
  kMerge,
  kLeaveOut,  // of two routers of a link, only its querier asks upstream
};

/// E-07: (G), or (S,G) when there is a source. It never expires.
template <class F>
struct StaticMembership {
  typename F::Address group;
  std::optional<typename F::Address> source;

  bool operator==(const StaticMembership&) const = default;
};

/// E-33: which packets that arrive on a downstream link go upstream.
enum class ForwardUpMode : std::uint8_t {
  kAlways,
  kQuerierOnly,  // while we are the querier of the link
  kNever,
  kListed,  // those to the groups that are listed
};

template <class F>
struct ForwardUp {
  ForwardUpMode mode = ForwardUpMode::kAlways;
  std::vector<Prefix<typename F::Address>> groups;  // of kListed

  bool operator==(const ForwardUp&) const = default;
};

/// E-41: what happens to two interfaces that are found to be on one segment.
enum class LoopGuardMode : std::uint8_t {
  kBlock,   // both are told of and forward nothing
  kNotice,  // both are told of
};

/// control packets that an interface takes in a second; 0: any number. As many may come at once. One
/// for each 128 octets.
struct Policing {
  std::uint32_t packets_per_s = 20000;
  std::uint32_t packets_per_s_of_one_source = 5000;

  bool operator==(const Policing&) const = default;
};

template <class F>
struct DownstreamConfig {
  using Address = typename F::Address;

  PortId port{};
  QuerierConfig<F> querier;
  AccessList<F> access;  // C-85
  HostList<F> hosts;     // who may ask for anything
  ForeignQuerier foreign_querier = ForeignQuerier::kStopForwarding;
  NonQuerierMembers non_querier_members = NonQuerierMembers::kMerge;
  std::vector<StaticMembership<F>> static_memberships;
  ForwardUp<F> forward_up;
  /// F-50: groups that do not pass the interface in any direction. What is asked for of them on the link
  /// counts for nothing.
  std::vector<Prefix<Address>> boundaries;
  Policing policing;

  bool operator==(const DownstreamConfig&) const = default;
};

/// D-35: who speaks upstream for the downstream members.
enum class UpstreamMembership : std::uint8_t {
  kOwnReports,  // the host side of this proxy, by the letter of the RFCs and without limits (D-34)
  kKernel,      // sockets join what is wanted, and the kernel's host side reports it (D-30)
};

template <class F>
struct UpstreamConfig {
  using Address = typename F::Address;

  PortId port{};
  UpstreamMembership membership = UpstreamMembership::kOwnReports;
  HostConfig<F> host;
  std::vector<StaticMembership<F>> pull;  // E-07: asked for upstream, forwarded to nobody
  /// F-50: groups that do not pass the interface in any direction, and are not asked for.
  std::vector<Prefix<Address>> boundaries = F::DefaultBoundaries();
  Policing policing;
  LoopGuardMode loop_guard = LoopGuardMode::kBlock;  // of all interfaces

  bool operator==(const UpstreamConfig&) const = default;
};

template <class F>
struct ProxyConfig {
  UpstreamConfig<F> upstream;
  std::vector<DownstreamConfig<F>> downstreams;
};

}  // namespace bpfcast
