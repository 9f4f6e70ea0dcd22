// LinkMonitor: the machine's interfaces and their IPv4 addresses, followed by rtnetlink.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "os/event_loop.h"

namespace bpfcast {

struct LinkAddress {
  Ipv4Address local;
  Prefix<Ipv4Address> subnet;  // on a point-to-point link that of the peer
  bool secondary = false;      // not the first of its subnet

  bool operator==(const LinkAddress&) const = default;
};

/// What a bridge does with multicast by itself.
struct BridgeSettings {
  bool snooping = false;
  bool never_router_port = false;  // mcast_router 0: reports of IGMPv2 hosts do not reach the bridge itself

  bool operator==(const BridgeSettings&) const = default;
};

/// An interface as the kernel tells it.
struct Link {
  std::uint32_t ifindex = 0;
  std::string name;
  bool loopback = false;
  bool admin_up = false;
  bool running = false;  // with carrier and not dormant (RFC 2863 operational state)
  bool all_multicast = false;
  MacAddress mac{};
  std::uint32_t mtu = 0;
  std::vector<LinkAddress> addresses;
  std::optional<BridgeSettings> bridge;

  /// The first primary address: what we send from.
  std::optional<Ipv4Address> PrimaryAddress() const;
  bool operator==(const Link&) const = default;
};

class LinkMonitor {
 public:
  /// Knows every interface on return. `on_change` runs when anything may be different.
  static Result<std::unique_ptr<LinkMonitor>> Open(EventLoop& loop, EventLoop::Handler on_change);
  ~LinkMonitor();

  /// Reads everything anew if that failed when it was needed; call it now and then.
  void RetryReload();

  /// The interface of that name now; null when there is none. Valid until the next wake-up.
  const Link* Find(std::string_view name) const;
  /// All of them, sorted by ifindex; valid until the next wake-up.
  std::vector<const Link*> All() const;

 private:
  struct Impl;
  explicit LinkMonitor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bpfcast
