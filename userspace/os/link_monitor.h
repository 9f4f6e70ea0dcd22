// LinkMonitor: the machine's interfaces and their addresses, followed by rtnetlink.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "os/event_loop.h"
#include "wire/family.h"

namespace bpfcast {

/// How far duplicate address detection has come (RFC 4862 5.4). IPv4 addresses are usable at once.
enum class AddressState : std::uint8_t {
  kUsable,
  kTentative,  // it runs; until it ends nothing may be sent from the address
  kDuplicate,  // another machine of the link has the address
};

template <class F>
struct LinkAddress {
  typename F::Address local;
  Prefix<typename F::Address> subnet;  // on a point-to-point link that of the peer
  bool secondary = false;              // not the first of its subnet
  AddressState state = AddressState::kUsable;

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
  std::vector<LinkAddress<Igmp>> ipv4;
  std::vector<LinkAddress<Mld>> ipv6;
  std::optional<BridgeSettings> bridge;
  /// The ifindex of the bridge, bond or team that it is a port of, which gets its frames; 0: none. A VRF is
  /// none of these.
  std::uint32_t port_of = 0;

  template <class F>
  const std::vector<LinkAddress<F>>& Addresses() const {
    if constexpr (std::is_same_v<F, Igmp>) {
      return ipv4;
    } else {
      return ipv6;
    }
  }
  template <class F>
  std::vector<LinkAddress<F>>& Addresses() {
    return const_cast<std::vector<LinkAddress<F>>&>(std::as_const(*this).Addresses<F>());
  }
  bool operator==(const Link&) const = default;
};

/// What we send from: the first primary IPv4 address.
std::optional<Ipv4Address> SendingAddress(const std::vector<LinkAddress<Igmp>>& addresses);
/// The link-local IPv6 address that is best in elections, so that it does not depend on their order (C-52).
std::optional<Ipv6Address> SendingAddress(const std::vector<LinkAddress<Mld>>& addresses);

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
