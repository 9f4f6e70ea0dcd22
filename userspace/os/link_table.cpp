#include "os/link_table.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "os/netlink_attributes.h"

namespace bpfcast {
namespace {

template <class Bytes>
void CopyPayload(const nlattr* attribute, Bytes& out) {
  if (mnl_attr_get_payload_len(attribute) == out.size()) {
    std::memcpy(out.data(), mnl_attr_get_payload(attribute), out.size());
  }
}

template <class Address>
Address ToAddress(const nlattr* attribute) {
  std::array<std::uint8_t, Address::kBytes> bytes{};
  CopyPayload(attribute, bytes);
  return Address(bytes);
}

/// IFA_F_*: detection that failed leaves both flags.
AddressState ToState(std::uint32_t flags) {
  if ((flags & IFA_F_DADFAILED) != 0) return AddressState::kDuplicate;
  return (flags & IFA_F_TENTATIVE) != 0 ? AddressState::kTentative : AddressState::kUsable;
}

std::string ToName(const nlattr* attribute) {
  const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return {text, strnlen(text, mnl_attr_get_payload_len(attribute))};
}

/// IFLA_LINKINFO of a bridge; nothing for other kinds.
std::optional<BridgeSettings> ToBridgeSettings(const nlattr* link_info) {
  constexpr std::uint8_t kNeverRouterPort = 0;  // MDB_RTR_TYPE_DISABLED
  bool is_bridge = false;
  BridgeSettings settings;
  ForEachAttribute(link_info, [&](std::uint16_t type, const nlattr* attribute) {
    if (type == IFLA_INFO_KIND) is_bridge = ToName(attribute) == "bridge";
    if (type != IFLA_INFO_DATA || !is_bridge) return;  // the kind comes first
    ForEachAttribute(attribute, [&](std::uint16_t data_type, const nlattr* data) {
      if (mnl_attr_get_payload_len(data) != sizeof(std::uint8_t)) return;
      if (data_type == IFLA_BR_MCAST_SNOOPING) settings.snooping = mnl_attr_get_u8(data) != 0;
      if (data_type == IFLA_BR_MCAST_ROUTER)
        settings.never_router_port = mnl_attr_get_u8(data) == kNeverRouterPort;
    });
  });
  return is_bridge ? std::optional(settings) : std::nullopt;
}

/// IFLA_LINKINFO of a port: the kind of what it is a port of; empty when it is none.
std::string KindOfMaster(const nlattr* link_info) {
  std::string kind;
  ForEachAttribute(link_info, [&](std::uint16_t type, const nlattr* attribute) {
    if (type == IFLA_INFO_SLAVE_KIND) kind = ToName(attribute);
  });
  return kind;
}

}  // namespace

void LinkTable::Apply(const nlmsghdr* message) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (mnl_nlmsg_get_payload_len(message) >= sizeof(ifinfomsg)) ApplyLink(message);
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      if (mnl_nlmsg_get_payload_len(message) < sizeof(ifaddrmsg)) break;
      switch (static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message))->ifa_family) {
        case AF_INET:
          return ApplyAddress<Igmp>(message);
        case AF_INET6:
          return ApplyAddress<Mld>(message);
      }
      break;
    default:
      break;
  }
}

void LinkTable::ApplyLink(const nlmsghdr* message) {
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  // AF_BRIDGE messages of the same types speak of bridge ports: DELLINK there means "left the bridge".
  if (info->ifi_family != AF_UNSPEC) return;
  const auto ifindex = static_cast<std::uint32_t>(info->ifi_index);
  const auto forget_name = [&](const std::string& name) {
    const auto found = names_.find(name);
    if (found != names_.end() && found->second == ifindex) names_.erase(found);
  };

  if (message->nlmsg_type == RTM_DELLINK) {
    const auto found = links_.find(ifindex);
    if (found == links_.end()) return;
    forget_name(found->second.name);
    links_.erase(found);
    return;
  }
  Link& link = links_[ifindex];
  link.ifindex = ifindex;
  link.admin_up = (info->ifi_flags & IFF_UP) != 0;
  link.loopback = (info->ifi_flags & IFF_LOOPBACK) != 0;
  link.running = (info->ifi_flags & IFF_RUNNING) != 0;
  link.all_multicast = (info->ifi_flags & IFF_ALLMULTI) != 0;
  bool named = false;
  bool wireless = false;
  std::uint32_t master = 0;
  std::string kind_of_master;
  ForEachAttribute(message, sizeof(ifinfomsg), [&](std::uint16_t type, const nlattr* attribute) {
    if (type == IFLA_IFNAME) {
      forget_name(link.name);
      named = true;
      link.name = ToName(attribute);
      names_[link.name] = ifindex;
    } else if (type == IFLA_ADDRESS) {
      CopyPayload(attribute, link.mac);
    } else if (type == IFLA_MTU && mnl_attr_get_payload_len(attribute) == sizeof(std::uint32_t)) {
      link.mtu = mnl_attr_get_u32(attribute);
    } else if (type == IFLA_LINKINFO) {
      link.bridge = ToBridgeSettings(attribute);
      kind_of_master = KindOfMaster(attribute);
    } else if (type == IFLA_MASTER && mnl_attr_get_payload_len(attribute) == sizeof(std::uint32_t)) {
      master = mnl_attr_get_u32(attribute);
    } else if (type == IFLA_WIRELESS) {
      wireless = true;
    }
  });
  // Events of Wi-Fi drivers tell of the name and of one thing more.
  if (named && !wireless) link.port_of = kind_of_master == "vrf" ? 0 : master;
}

template <class F>
void LinkTable::ApplyAddress(const nlmsghdr* message) {
  using Address = typename F::Address;
  const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  const auto found = links_.find(info->ifa_index);
  if (found == links_.end()) return;

  LinkAddress<F> address;
  address.subnet.length = std::min<unsigned>(info->ifa_prefixlen, Address::kBits);
  address.secondary = (info->ifa_flags & IFA_F_SECONDARY) != 0;
  address.state = ToState(info->ifa_flags);
  // IFA_LOCAL is ours; IFA_ADDRESS is the same, or the peer on a point-to-point link.
  ForEachAttribute(message, sizeof(ifaddrmsg), [&](std::uint16_t type, const nlattr* attribute) {
    if (type == IFA_LOCAL) address.local = ToAddress<Address>(attribute);
    if (type == IFA_ADDRESS) address.subnet.address = ToAddress<Address>(attribute);
  });
  if (address.local.IsUnspecified()) address.local = address.subnet.address;

  std::vector<LinkAddress<F>>& addresses = found->second.Addresses<F>();
  const auto same = std::find_if(addresses.begin(), addresses.end(), [&](const LinkAddress<F>& other) {
    return other.local == address.local && other.subnet == address.subnet;
  });
  if (message->nlmsg_type == RTM_DELADDR) {
    if (same != addresses.end()) addresses.erase(same);
  } else if (same != addresses.end()) {
    *same = address;
  } else {
    addresses.push_back(address);
  }
}

const Link* LinkTable::Find(std::string_view name) const {
  const auto found = names_.find(std::string(name));
  return found == names_.end() ? nullptr : &links_.at(found->second);
}

std::vector<const Link*> LinkTable::All() const {
  std::vector<const Link*> all;
  all.reserve(links_.size());
  for (const auto& [ifindex, link] : links_) all.push_back(&link);
  std::sort(all.begin(), all.end(), [](const Link* a, const Link* b) { return a->ifindex < b->ifindex; });
  return all;
}

std::optional<Ipv4Address> SendingAddress(const std::vector<LinkAddress<Igmp>>& addresses) {
  for (const LinkAddress<Igmp>& address : addresses) {
    if (!address.secondary) return address.local;
  }
  return std::nullopt;
}

std::optional<Ipv6Address> SendingAddress(const std::vector<LinkAddress<Mld>>& addresses) {
  std::optional<Ipv6Address> best;
  for (const LinkAddress<Mld>& address : addresses) {
    if (!Mld::IsLinkLocal(address.local) || address.state != AddressState::kUsable) continue;
    if (!best || Mld::ElectionId(address.local) < Mld::ElectionId(*best)) best = address.local;
  }
  return best;
}

}  // namespace bpfcast
