// What a sender hears of packets that are larger than an outgoing link takes (F-42), and what comes of it.
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "fixture.h"

namespace bpfcast::test {
namespace {

/// Packets Too Big that a host gets.
class ErrorSocket {
 public:
  explicit ErrorSocket(const Host& host) {
    host.ns.Run([&] { fd_ = UniqueFd(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6)); });
    icmp6_filter only;
    ICMP6_FILTER_SETBLOCKALL(&only);
    ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &only);
    if (!fd_ || setsockopt(fd_.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof(only)) != 0) {
      throw std::runtime_error("cannot listen to ICMPv6 errors");
    }
  }

  /// The ICMPv6 messages that came, the kernel having checked their sums, until none comes for `quiet`.
  std::vector<Bytes> Drain(std::chrono::milliseconds quiet = 500ms) const {
    std::vector<Bytes> messages;
    for (;;) {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (poll(&wait, 1, static_cast<int>(quiet.count())) <= 0) return messages;
      Bytes message(2000);
      const ssize_t size = recv(fd_.get(), message.data(), message.size(), 0);
      if (size < 0) return messages;
      message.resize(static_cast<std::size_t>(size));
      messages.push_back(std::move(message));
    }
  }

 private:
  UniqueFd fd_;
};

/// A sender that believes its own link's MTU, whatever routers say.
class StubbornSender {
 public:
  StubbornSender(const Host& host, const Ipv6Address& group) {
    host.ns.Run([&] { fd_ = UniqueFd(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)); });
    const int probe = IPV6_PMTUDISC_PROBE;
    const int hops = 16;
    const int ifindex = host.ns.IfIndex(host.interface);
    sockaddr_in6 from{};
    from.sin6_family = AF_INET6;
    const Ipv6Address source = *Ipv6Address::Parse("2001:db8::1");
    std::memcpy(&from.sin6_addr, source.bytes().data(), sizeof(from.sin6_addr));
    to_.sin6_family = AF_INET6;
    to_.sin6_port = htons(kStreamPort);
    std::memcpy(&to_.sin6_addr, group.bytes().data(), sizeof(to_.sin6_addr));
    if (!fd_ || setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe)) != 0 ||
        setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) != 0 ||
        setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(ifindex)) != 0 ||
        bind(fd_.get(), reinterpret_cast<const sockaddr*>(&from), sizeof(from)) != 0) {
      throw std::runtime_error("cannot make a sender");
    }
  }

  void Send(std::uint64_t number, std::size_t payload) const {
    Bytes data(payload);
    const StreamHeader header{kStreamMagic, number, 0};
    std::memcpy(data.data(), &header, sizeof(header));
    if (sendto(fd_.get(), data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&to_),
               sizeof(to_)) != static_cast<ssize_t>(data.size())) {
      throw std::runtime_error("cannot send");
    }
  }

 private:
  UniqueFd fd_;
  sockaddr_in6 to_{};
};

/// 2001:db8::1
constexpr std::array<std::uint8_t, 16> kSourceBytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
                                                    0,    0,    0,    0,    0, 0, 0, 1};
constexpr std::size_t kOf1500 = 1500 - 40 - 8;

class PacketTooBig : public E2e {
 protected:
  void StartWithANarrowPort() {
    bed_.router().Ip("link set lan1 mtu 1400");
    bed_.router().Ip("-6 route add 2001:db8::/64 via fe80::1 dev wan0");  // the way back to the sender
    StartDaemon();
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, PacketTooBig, ::testing::Values("xdp-ipv6", "tc-ipv6"), HookName);

TEST_P(PacketTooBig, TF_29_F_42_TheSenderIsToldSeldomAndOtherLinksGetEverything) {
  StartWithANarrowPort();
  Receiver narrow(bed_.h1(), kG6);
  Receiver wide(bed_.h3(), kG6);
  narrow.Join();
  wide.Join();
  ASSERT_TRUE(WaitForGroup(kG6, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG6, "lan2"));
  const ErrorSocket errors(bed_.up());
  const StubbornSender sender(bed_.up(), kG6);
  const Instant start = Clock::now();
  constexpr std::uint64_t kPackets = 1000;
  for (std::uint64_t i = 0; i < kPackets; ++i) {
    sender.Send(i, kOf1500);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(wide.WaitForTotal(kPackets));
  const auto seconds = std::chrono::duration<double>(Clock::now() - start).count();
  ExpectComplete(wide, SourceNo(1), kPackets);
  EXPECT_EQ(narrow.Total(), 0U);

  const std::vector<Bytes> told = errors.Drain();
  EXPECT_GE(told.size(), 1U);
  EXPECT_LE(static_cast<double>(told.size()), 10 * (seconds + 1));
  for (const Bytes& message : told) {
    ASSERT_GE(message.size(), 8U + 40U);
    EXPECT_LE(message.size(), 1280U - 40U) << "RFC 4443 3.2";
    EXPECT_EQ(message[0], ICMP6_PACKET_TOO_BIG);
    EXPECT_EQ(message[1], 0);
    EXPECT_EQ(message[4] << 24 | message[5] << 16 | message[6] << 8 | message[7], 1400);
    // What is quoted is the sender's own packet.
    EXPECT_EQ(message[8] >> 4, 6);
    EXPECT_EQ(Bytes(message.begin() + 8 + 8, message.begin() + 8 + 24),
              Bytes(kSourceBytes.begin(), kSourceBytes.end()));
  }
  const auto drops = daemon_->Call("status")["drops"];
  EXPECT_EQ(drops["mtu"], kPackets);
  EXPECT_EQ(Port("lan1")["tx_dropped"], kPackets);
}

TEST_P(PacketTooBig, F_42_AStreamThatListensToTheErrorReachesTheNarrowLink) {
  StartWithANarrowPort();
  Receiver narrow(bed_.h1(), kG6);
  narrow.Join();
  ASSERT_TRUE(WaitForGroup(kG6, "lan1"));
  StreamOptions options = FromUpstream(kG6, 1, 500);
  options.payload = kOf1500;
  Sender sender(bed_.up(), options);
  EXPECT_TRUE(narrow.WaitForTotal(200, 10s)) << "the sender's kernel fragments once it knows the MTU";
}

TEST_P(PacketTooBig, F_42_WhatFitsIsNotAnswered) {
  StartWithANarrowPort();
  Receiver narrow(bed_.h1(), kG6);
  narrow.Join();
  ASSERT_TRUE(WaitForGroup(kG6, "lan1"));
  const ErrorSocket errors(bed_.up());
  const StubbornSender sender(bed_.up(), kG6);
  for (std::uint64_t i = 0; i < 50; ++i) sender.Send(i, 1400 - 40 - 8);
  ExpectComplete(narrow, SourceNo(1), 50);
  EXPECT_TRUE(errors.Drain().empty());
}

}  // namespace
}  // namespace bpfcast::test
