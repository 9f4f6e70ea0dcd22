#include "capture/frame_facts.h"

#include <gtest/gtest.h>

#include "capture/frame_filter.h"
#include "unit/capture/frames.h"

namespace bpfcast {
namespace {

constexpr auto kEthernet = LinkKind::kEthernet;

void ExpectIpv4(const std::optional<FrameFacts>& facts) {
  ASSERT_TRUE(facts);
  EXPECT_EQ(MappedText(facts->source), "10.0.0.1");
  EXPECT_EQ(MappedText(facts->group), "239.1.2.3");
  EXPECT_EQ(facts->ttl, 16);
  EXPECT_EQ(facts->protocol, 17);
  ASSERT_TRUE(facts->udp);
  EXPECT_EQ(facts->udp->source, 4660);
  EXPECT_EQ(facts->udp->destination, 5000);
}

void ExpectIpv6(const std::optional<FrameFacts>& facts) {
  ASSERT_TRUE(facts);
  EXPECT_EQ(MappedText(facts->source), "2001:db8::1");
  EXPECT_EQ(MappedText(facts->group), "ff0e::1234");
  EXPECT_EQ(facts->ttl, 200);
  ASSERT_TRUE(facts->udp);
  EXPECT_EQ(facts->udp->destination, 5000);
}

TEST(FrameFacts, BothFamiliesAreReadBehindEthernetATagAndNothing) {
  ExpectIpv4(ReadFrame(Joined({Macs(), Ipv4Type(), Ipv4(), Udp()}), kEthernet));
  ExpectIpv4(ReadFrame(Joined({Macs(), Tag(), Ipv4Type(), Ipv4(), Udp()}), kEthernet));
  ExpectIpv4(ReadFrame(Joined({Ipv4(), Udp()}), LinkKind::kBare));
  ExpectIpv6(ReadFrame(Joined({Macs(), Ipv6Type(), Ipv6(), Udp()}), kEthernet));
  ExpectIpv6(ReadFrame(Joined({Macs(), Tag(), Ipv6Type(), Ipv6(), Udp()}), kEthernet));
  ExpectIpv6(ReadFrame(Joined({Ipv6(), Udp()}), LinkKind::kBare));
}

TEST(FrameFacts, PortsBelongToUdpAndItsFirstFragment) {
  EXPECT_FALSE(ReadFrame(Joined({Ipv4(2), Udp()}), LinkKind::kBare)->udp) << "IGMP";
  EXPECT_FALSE(ReadFrame(Joined({Ipv4(17, 1), Udp()}), LinkKind::kBare)->udp) << "a later fragment";
  EXPECT_FALSE(ReadFrame(Joined({Ipv6(58), Udp()}), LinkKind::kBare)->udp) << "ICMPv6";
  EXPECT_FALSE(ReadFrame(Ipv4(), LinkKind::kBare)->udp) << "cut off";
  Frame options = Ipv4();
  options[0] = 0x46;
  const auto facts = ReadFrame(Joined({options, {0x94, 4, 0, 0}, Udp()}), LinkKind::kBare);
  EXPECT_EQ(facts->udp->destination, 5000) << "behind a Router Alert";
}

TEST(FrameFacts, WhatIsNoMulticastPacketHasNone) {
  Frame unicast = Ipv4();
  unicast[16] = 10;
  Frame unicast6 = Ipv6();
  unicast6[24] = 0x20;
  Frame odd = Ipv4();
  odd[0] = 0x55;
  for (const Frame& packet : {unicast, unicast6, odd, Frame{}}) {
    EXPECT_FALSE(ReadFrame(packet, LinkKind::kBare));
  }
  EXPECT_FALSE(ReadFrame(Joined({Macs(), {0x08, 0x06}, Ipv4(), Udp()}), kEthernet)) << "ARP";
  EXPECT_FALSE(ReadFrame(Joined({Macs(), Tag(), Tag(), Ipv4Type(), Ipv4()}), kEthernet)) << "two tags";
}

TEST(FrameFacts, AFrameThatIsCutAnywhereIsReadWithinItsEnd) {
  for (const Frame& whole : {Joined({Macs(), Tag(), Ipv4Type(), Ipv4(), Udp()}),
                             Joined({Macs(), Tag(), Ipv6Type(), Ipv6(), Udp()})}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const Frame cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const std::size_t headers = whole.size() - Udp().size();
      EXPECT_EQ(ReadFrame(cut, kEthernet).has_value(), size >= headers) << size;
    }
  }
}

TEST(FrameFilter, AnEmptyListIsEverythingAndBothListsMustMatch) {
  const FrameFacts facts = *ReadFrame(Joined({Ipv4(), Udp()}), LinkKind::kBare);
  const FrameFacts facts6 = *ReadFrame(Joined({Ipv6(), Udp()}), LinkKind::kBare);
  const Ipv6Address group = Mapped(MakeIpv4(239, 1, 2, 3));
  const Ipv6Address source = Mapped(MakeIpv4(10, 0, 0, 1));
  const Ipv6Address other = Mapped(MakeIpv4(10, 0, 0, 2));
  EXPECT_TRUE(FrameFilter{}.Takes(facts));
  EXPECT_TRUE(FrameFilter{}.Takes(facts6));
  EXPECT_TRUE((FrameFilter{{group}, {}}.Takes(facts)));
  EXPECT_FALSE((FrameFilter{{group}, {}}.Takes(facts6)));
  EXPECT_TRUE((FrameFilter{{}, {other, source}}.Takes(facts)));
  EXPECT_FALSE((FrameFilter{{group}, {other}}.Takes(facts)));
  EXPECT_FALSE((FrameFilter{{other}, {source}}.Takes(facts)));
}

}  // namespace
}  // namespace bpfcast
