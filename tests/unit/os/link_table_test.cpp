#include "os/link_table.h"

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

namespace bpfcast {
namespace {

constexpr unsigned kUp = IFF_UP | IFF_RUNNING;

/// An rtnetlink message as the kernel sends it.
class NetlinkMessage {
 public:
  static NetlinkMessage OfLink(std::uint16_t type, int ifindex, unsigned flags,
                               unsigned char family = AF_UNSPEC) {
    NetlinkMessage message(type);
    auto* info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message.header(), sizeof(ifinfomsg)));
    info->ifi_family = family;
    info->ifi_index = ifindex;
    info->ifi_flags = flags;
    return message;
  }
  static NetlinkMessage OfAddress(std::uint16_t type, unsigned ifindex, unsigned char length,
                                  unsigned char flags, unsigned char family = AF_INET) {
    NetlinkMessage message(type);
    auto* info = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(message.header(), sizeof(ifaddrmsg)));
    info->ifa_family = family;
    info->ifa_index = ifindex;
    info->ifa_prefixlen = length;
    info->ifa_flags = flags;
    return message;
  }
  NetlinkMessage&& With(std::uint16_t attribute, const std::string& text) && {
    mnl_attr_put_strz(header(), attribute, text.c_str());
    return std::move(*this);
  }
  NetlinkMessage&& With(std::uint16_t attribute, std::uint32_t number) && {
    mnl_attr_put_u32(header(), attribute, number);
    return std::move(*this);
  }
  template <std::size_t N>
  NetlinkMessage&& With(std::uint16_t attribute, const IpAddress<N>& address) && {
    mnl_attr_put(header(), attribute, address.bytes().size(), address.bytes().data());
    return std::move(*this);
  }
  NetlinkMessage&& With(std::uint16_t attribute, const MacAddress& mac) && {
    mnl_attr_put(header(), attribute, mac.size(), mac.data());
    return std::move(*this);
  }
  NetlinkMessage&& WithBridge(std::uint8_t snooping, std::uint8_t router) && {
    nlattr* info = mnl_attr_nest_start(header(), IFLA_LINKINFO);
    mnl_attr_put_strz(header(), IFLA_INFO_KIND, "bridge");
    nlattr* data = mnl_attr_nest_start(header(), IFLA_INFO_DATA);
    mnl_attr_put_u8(header(), IFLA_BR_MCAST_SNOOPING, snooping);
    mnl_attr_put_u8(header(), IFLA_BR_MCAST_ROUTER, router);
    mnl_attr_nest_end(header(), data);
    mnl_attr_nest_end(header(), info);
    return std::move(*this);
  }
  NetlinkMessage&& WithMaster(std::uint32_t master, const char* kind) && {
    mnl_attr_put_u32(header(), IFLA_MASTER, master);
    nlattr* info = mnl_attr_nest_start(header(), IFLA_LINKINFO);
    mnl_attr_put_strz(header(), IFLA_INFO_KIND, "veth");
    mnl_attr_put_strz(header(), IFLA_INFO_SLAVE_KIND, kind);
    mnl_attr_nest_end(header(), info);
    return std::move(*this);
  }
  const nlmsghdr* get() const { return reinterpret_cast<const nlmsghdr*>(buffer_.data()); }

 private:
  explicit NetlinkMessage(std::uint16_t type) {
    mnl_nlmsg_put_header(buffer_.data());
    header()->nlmsg_type = type;
  }
  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }

  alignas(nlmsghdr) std::array<char, 512> buffer_{};
};

class LinkTableTest : public testing::Test {
 protected:
  void AddLan(int ifindex) {
    Apply(NetlinkMessage::OfLink(RTM_NEWLINK, ifindex, kUp)
              .With(IFLA_IFNAME, "lan1")
              .With(IFLA_MTU, 1400u)
              .With(IFLA_ADDRESS, MacAddress{2, 0, 0, 0, 0, 1}));
  }
  void AddAddress(unsigned char flags, const Ipv4Address& local, const Ipv4Address& address,
                  unsigned char length) {
    Apply(NetlinkMessage::OfAddress(RTM_NEWADDR, 7, length, flags)
              .With(IFA_LOCAL, local)
              .With(IFA_ADDRESS, address));
  }
  /// As the kernel tells of IPv6 addresses: without IFA_LOCAL.
  void Ipv6Event(std::uint16_t type, const char* address, unsigned char length, unsigned char flags = 0) {
    Apply(NetlinkMessage::OfAddress(type, 7, length, flags, AF_INET6)
              .With(IFA_ADDRESS, *Ipv6Address::Parse(address)));
  }
  std::optional<Ipv4Address> Ipv4OfLan() const { return SendingAddress(table_.Find("lan1")->ipv4); }
  /// Empty when there is none.
  std::string Ipv6OfLan() const {
    const auto address = SendingAddress(table_.Find("lan1")->ipv6);
    return address ? address->ToString() : "";
  }
  void Apply(const NetlinkMessage& message) { table_.Apply(message.get()); }

  LinkTable table_;
};

TEST_F(LinkTableTest, ANewLinkIsKnownWithItsState) {
  AddLan(7);
  const Link* link = table_.Find("lan1");
  ASSERT_NE(link, nullptr);
  EXPECT_EQ(link->ifindex, 7u);
  EXPECT_TRUE(link->admin_up);
  EXPECT_TRUE(link->running);
  EXPECT_FALSE(link->all_multicast);
  EXPECT_EQ(link->mtu, 1400u);
  EXPECT_EQ(link->mac, (MacAddress{2, 0, 0, 0, 0, 1}));
  EXPECT_EQ(Ipv4OfLan(), std::nullopt);
  EXPECT_EQ(Ipv6OfLan(), "");
  EXPECT_EQ(table_.Find("lan2"), nullptr);
}

TEST_F(LinkTableTest, AnEventWithoutANameKeepsIt) {
  AddLan(7);
  Apply(NetlinkMessage::OfLink(RTM_NEWLINK, 7, IFF_UP));
  ASSERT_NE(table_.Find("lan1"), nullptr);
  EXPECT_FALSE(table_.Find("lan1")->running);
  EXPECT_EQ(table_.Find("lan1")->mtu, 1400u);
}

TEST_F(LinkTableTest, ARenamedLinkIsFoundUnderItsNewNameOnly) {
  AddLan(7);
  Apply(NetlinkMessage::OfLink(RTM_NEWLINK, 7, kUp).With(IFLA_IFNAME, "lan9"));
  EXPECT_EQ(table_.Find("lan1"), nullptr);
  ASSERT_NE(table_.Find("lan9"), nullptr);
  EXPECT_EQ(table_.Find("lan9")->ifindex, 7u);
}

TEST_F(LinkTableTest, ALinkThatIsMadeAgainHasANewIfindexAndNoOldAddresses) {
  AddLan(7);
  AddAddress(0, MakeIpv4(192, 0, 2, 1), MakeIpv4(192, 0, 2, 1), 24);
  Apply(NetlinkMessage::OfLink(RTM_DELLINK, 7, 0).With(IFLA_IFNAME, "lan1"));
  EXPECT_EQ(table_.Find("lan1"), nullptr);
  AddLan(8);
  ASSERT_NE(table_.Find("lan1"), nullptr);
  EXPECT_EQ(table_.Find("lan1")->ifindex, 8u);
  EXPECT_TRUE(table_.Find("lan1")->ipv4.empty());
}

TEST_F(LinkTableTest, TheOldLinkMayGoAfterTheNewOneTookItsName) {
  AddLan(7);
  AddLan(8);
  Apply(NetlinkMessage::OfLink(RTM_DELLINK, 7, 0).With(IFLA_IFNAME, "lan1"));
  ASSERT_NE(table_.Find("lan1"), nullptr);
  EXPECT_EQ(table_.Find("lan1")->ifindex, 8u);
}

TEST_F(LinkTableTest, LeavingABridgeIsNotDeletion) {
  AddLan(7);
  Apply(NetlinkMessage::OfLink(RTM_DELLINK, 7, 0, AF_BRIDGE).With(IFLA_IFNAME, "lan1"));
  ASSERT_NE(table_.Find("lan1"), nullptr);
  EXPECT_TRUE(table_.Find("lan1")->running);
}

TEST_F(LinkTableTest, A_04_TheFirstAddressThatIsNotSecondaryIsPrimary) {
  AddLan(7);
  AddAddress(IFA_F_SECONDARY, MakeIpv4(192, 0, 2, 2), MakeIpv4(192, 0, 2, 2), 24);
  AddAddress(0, MakeIpv4(192, 0, 2, 1), MakeIpv4(192, 0, 2, 1), 24);
  EXPECT_EQ(Ipv4OfLan(), MakeIpv4(192, 0, 2, 1));
  // The kernel promotes the secondary when the primary goes.
  Apply(NetlinkMessage::OfAddress(RTM_DELADDR, 7, 24, 0)
            .With(IFA_LOCAL, MakeIpv4(192, 0, 2, 1))
            .With(IFA_ADDRESS, MakeIpv4(192, 0, 2, 1)));
  AddAddress(0, MakeIpv4(192, 0, 2, 2), MakeIpv4(192, 0, 2, 2), 24);
  EXPECT_EQ(Ipv4OfLan(), MakeIpv4(192, 0, 2, 2));
  EXPECT_EQ(table_.Find("lan1")->ipv4.size(), 1u);
}

TEST_F(LinkTableTest, APointToPointAddressHasThePeersSubnet) {
  AddLan(7);
  AddAddress(0, MakeIpv4(10, 0, 0, 1), MakeIpv4(10, 9, 9, 9), 32);
  const Link* link = table_.Find("lan1");
  EXPECT_EQ(Ipv4OfLan(), MakeIpv4(10, 0, 0, 1));
  EXPECT_EQ(link->ipv4.at(0).subnet, (Prefix<Ipv4Address>{MakeIpv4(10, 9, 9, 9), 32}));
}

TEST_F(LinkTableTest, A_04_MldIsSentFromTheLinkLocalAddress) {
  AddLan(7);
  Ipv6Event(RTM_NEWADDR, "2001:db8:1::1", 64);
  EXPECT_EQ(Ipv6OfLan(), "");
  Ipv6Event(RTM_NEWADDR, "fe80::1:2:3:4", 64);
  EXPECT_EQ(Ipv6OfLan(), "fe80::1:2:3:4");
  EXPECT_EQ(Ipv4OfLan(), std::nullopt) << "the families are apart";
  ASSERT_EQ(table_.Find("lan1")->ipv6.size(), 2u);
  EXPECT_EQ(table_.Find("lan1")->ipv6[0].subnet.ToString(), "2001:db8:1::1/64");
  Ipv6Event(RTM_DELADDR, "fe80::1:2:3:4", 64);
  EXPECT_EQ(Ipv6OfLan(), "");
  EXPECT_EQ(table_.Find("lan1")->ipv6.size(), 1u);
}

// RFC 4862 5.4: nothing is sent from an address while it is tentative, or when another machine has it.
TEST_F(LinkTableTest, A_04_ALinkLocalAddressIsUsableOnceDuplicateDetectionIsThrough) {
  AddLan(7);
  Ipv6Event(RTM_NEWADDR, "fe80::1:2:3:4", 64, IFA_F_TENTATIVE);
  EXPECT_EQ(Ipv6OfLan(), "");
  EXPECT_EQ(table_.Find("lan1")->ipv6[0].state, AddressState::kTentative);
  Ipv6Event(RTM_NEWADDR, "fe80::1:2:3:4", 64, IFA_F_TENTATIVE | IFA_F_DADFAILED);
  EXPECT_EQ(Ipv6OfLan(), "");
  EXPECT_EQ(table_.Find("lan1")->ipv6[0].state, AddressState::kDuplicate);
  Ipv6Event(RTM_NEWADDR, "fe80::1:2:3:4", 64, IFA_F_PERMANENT);
  EXPECT_EQ(Ipv6OfLan(), "fe80::1:2:3:4");
  EXPECT_EQ(table_.Find("lan1")->ipv6.size(), 1u);
}

TEST_F(LinkTableTest, C_52_OfSeveralLinkLocalAddressesTheOneThatWinsElectionsIsUsedInWhateverOrderTheyCome) {
  AddLan(7);
  Ipv6Event(RTM_NEWADDR, "fe80::1:2:3:4", 64);
  Ipv6Event(RTM_NEWADDR, "fe80::1", 64);
  EXPECT_EQ(Ipv6OfLan(), "fe80::1");
  Ipv6Event(RTM_DELADDR, "fe80::1:2:3:4", 64);
  Ipv6Event(RTM_NEWADDR, "fe80::1:2:3:4", 64);
  EXPECT_EQ(Ipv6OfLan(), "fe80::1");
}

TEST_F(LinkTableTest, AddressesOfUnknownLinksAreIgnored) {
  AddAddress(0, MakeIpv4(10, 0, 0, 1), MakeIpv4(10, 0, 0, 1), 8);
  AddLan(7);
  EXPECT_TRUE(table_.Find("lan1")->ipv4.empty());
}

TEST_F(LinkTableTest, X_15_TellsABridgeAndWhetherItLetsReportsThrough) {
  AddLan(7);
  EXPECT_EQ(table_.Find("lan1")->bridge, std::nullopt);
  const auto bridge = [&](std::uint8_t snooping, std::uint8_t router) {
    Apply(NetlinkMessage::OfLink(RTM_NEWLINK, 8, kUp).With(IFLA_IFNAME, "br0").WithBridge(snooping, router));
    return table_.Find("br0")->bridge;
  };
  EXPECT_EQ(bridge(1, 1), (BridgeSettings{true, false}));
  EXPECT_EQ(bridge(1, 0), (BridgeSettings{true, true}));
  EXPECT_EQ(bridge(0, 2), (BridgeSettings{false, false}));
}

TEST_F(LinkTableTest, TellsWhatItIsAPortOfAndThatAVrfIsSomethingElse) {
  const auto port_of = [&](NetlinkMessage message) {
    Apply(std::move(message));
    return table_.Find("lan1")->port_of;
  };
  const auto lan = [] { return NetlinkMessage::OfLink(RTM_NEWLINK, 7, kUp).With(IFLA_IFNAME, "lan1"); };
  EXPECT_EQ(port_of(lan()), 0u);
  EXPECT_EQ(port_of(lan().WithMaster(8, "bridge")), 8u);
  EXPECT_EQ(port_of(NetlinkMessage::OfLink(RTM_NEWLINK, 7, kUp)), 8u) << "it does not speak of that";
  EXPECT_EQ(port_of(lan().With(IFLA_WIRELESS, "event")), 8u) << "nor does this one";
  EXPECT_EQ(port_of(lan().WithMaster(9, "bond")), 9u);
  EXPECT_EQ(port_of(lan().WithMaster(10, "vrf")), 0u) << "a router's interface";
  EXPECT_EQ(port_of(lan().WithMaster(8, "bridge")), 8u);
  EXPECT_EQ(port_of(lan()), 0u);
}

TEST_F(LinkTableTest, ListsEveryInterfaceByIndexAndKnowsTheLoopback) {
  AddLan(7);
  Apply(NetlinkMessage::OfLink(RTM_NEWLINK, 1, kUp | IFF_LOOPBACK).With(IFLA_IFNAME, "lo"));
  const auto all = table_.All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]->name, "lo");
  EXPECT_TRUE(all[0]->loopback);
  EXPECT_EQ(all[1]->name, "lan1");
  EXPECT_FALSE(all[1]->loopback);
}

}  // namespace
}  // namespace bpfcast
