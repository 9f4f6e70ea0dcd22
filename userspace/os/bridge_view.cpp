#include "os/bridge_view.h"

#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "base/address.h"
#include "os/netlink.h"
#include "os/netlink_attributes.h"

namespace bpfcast {
namespace {

using Bridges = std::map<std::uint32_t, BridgeView>;

void AddPort(const nlmsghdr* message, Bridges& bridges) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg)) return;
  BridgePort port;
  port.ifindex =
      static_cast<std::uint32_t>(static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message))->ifi_index);
  std::uint32_t bridge = 0;
  bool of_bridge = false;
  ForEachAttribute(message, sizeof(ifinfomsg), [&](std::uint16_t type, const nlattr* attribute) {
    if (type == IFLA_IFNAME) port.name = mnl_attr_get_str(attribute);
    if (type == IFLA_MASTER) bridge = mnl_attr_get_u32(attribute);
    if (type != IFLA_LINKINFO) return;
    ForEachAttribute(attribute, [&](std::uint16_t info, const nlattr* each) {
      if (info == IFLA_INFO_SLAVE_KIND) of_bridge = std::strcmp(mnl_attr_get_str(each), "bridge") == 0;
      if (info != IFLA_INFO_SLAVE_DATA || !of_bridge) return;  // the kind comes first
      ForEachAttribute(each, [&](std::uint16_t setting, const nlattr* value) {
        constexpr std::uint8_t kPermanent = 2;  // MDB_RTR_TYPE_PERM
        if (setting == IFLA_BRPORT_FAST_LEAVE) port.fast_leave = mnl_attr_get_u8(value) != 0;
        if (setting == IFLA_BRPORT_MULTICAST_ROUTER) port.router = mnl_attr_get_u8(value) == kPermanent;
      });
    });
  });
  // A dump that is interrupted comes again.
  for (auto& [index, view] : bridges) {
    std::erase_if(view.ports, [&](const BridgePort& each) { return each.ifindex == port.ifindex; });
  }
  if (of_bridge && bridge != 0) bridges[bridge].ports.push_back(std::move(port));
}

std::string GroupOf(const br_mdb_entry& entry) {
  if (entry.addr.proto == __builtin_bswap16(ETH_P_IP)) {
    std::array<std::uint8_t, Ipv4Address::kBytes> bytes{};
    std::memcpy(bytes.data(), &entry.addr.u.ip4, bytes.size());
    return Ipv4Address(bytes).ToString();
  }
  if (entry.addr.proto == __builtin_bswap16(ETH_P_IPV6)) {
    std::array<std::uint8_t, Ipv6Address::kBytes> bytes{};
    std::memcpy(bytes.data(), &entry.addr.u.ip6, bytes.size());
    return Ipv6Address(bytes).ToString();
  }
  return {};  // by MAC address
}

void AddGroups(const nlmsghdr* message, Bridges& bridges) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(br_port_msg)) return;
  const std::uint32_t bridge = static_cast<const br_port_msg*>(mnl_nlmsg_get_payload(message))->ifindex;
  const auto found = bridges.find(bridge);
  if (found == bridges.end()) return;
  BridgeView& view = found->second;
  ForEachAttribute(message, sizeof(br_port_msg), [&](std::uint16_t type, const nlattr* table) {
    ForEachAttribute(table, [&](std::uint16_t kind, const nlattr* each) {
      if (type == MDBA_ROUTER && kind == MDBA_ROUTER_PORT) {
        const std::uint32_t router = mnl_attr_get_u32(each);
        for (BridgePort& port : view.ports) port.router = port.router || port.ifindex == router;
      }
      if (type != MDBA_MDB || kind != MDBA_MDB_ENTRY) return;
      ForEachAttribute(each, [&](std::uint16_t info, const nlattr* data) {
        br_mdb_entry entry{};
        if (info != MDBA_MDB_ENTRY_INFO || mnl_attr_get_payload_len(data) < sizeof entry) return;
        std::memcpy(&entry, mnl_attr_get_payload(data), sizeof entry);
        if (entry.ifindex != bridge) view.groups.insert(GroupOf(entry));  // else sockets of this machine
      });
    });
  });
}

}  // namespace

std::map<std::uint32_t, BridgeView> ReadBridges() {
  Bridges bridges;
  auto netlink = Netlink::Open(0);
  if (!netlink) return bridges;
  static_cast<void>(
      netlink->Dump(RTM_GETLINK, AF_UNSPEC, [&](const nlmsghdr* message) { AddPort(message, bridges); }));
  static_cast<void>(
      netlink->Dump(RTM_GETMDB, PF_BRIDGE, [&](const nlmsghdr* message) { AddGroups(message, bridges); }));
  return bridges;
}

}  // namespace bpfcast
