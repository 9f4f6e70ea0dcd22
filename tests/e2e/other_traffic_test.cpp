// What is none of bpfcast's business goes on as without it: unicast, broadcast, and what this machine sends
// itself.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "fixture.h"
#include "support/socket_address.h"

namespace bpfcast::test {
namespace {

using ::testing::IsEmpty;

sockaddr_in To(const Ipv4Address& address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  std::memcpy(&to.sin_addr, address.bytes().data(), 4);
  return to;
}

const sockaddr* AsSocketAddress(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

bool WaitForInput(int fd) {
  pollfd watch{fd, POLLIN, 0};
  return poll(&watch, 1, 5000) == 1;
}

void Require(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// Sends `size` octets from one machine to the other by TCP; how many came.
std::size_t TcpTransfer(const NetNs& from, const NetNs& to, const Ipv4Address& address, std::size_t size) {
  const UniqueFd listener = to.Socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in at = To(address, 7070);
  const int on = 1;
  Require(setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "set options");
  Require(bind(listener.get(), AsSocketAddress(at), sizeof(at)) == 0 && listen(listener.get(), 1) == 0,
          "listen");
  const UniqueFd client = from.Socket(AF_INET, SOCK_STREAM, 0);
  Require(connect(client.get(), AsSocketAddress(at), sizeof(at)) == 0, "connect to " + address.ToString());
  const UniqueFd server(accept(listener.get(), nullptr, nullptr));
  Require(server.get() >= 0, "accept");
  std::size_t received = 0;
  std::thread reader([&] {
    std::array<char, 65536> buffer;
    while (received < size && WaitForInput(server.get())) {
      const ssize_t got = recv(server.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      received += static_cast<std::size_t>(got);
    }
  });
  const std::vector<char> data(size, 'x');
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t n = send(client.get(), data.data() + sent, size - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  reader.join();
  return received;
}

/// ICMP echo requests that were answered.
int Pings(const NetNs& from, const Ipv4Address& to, int count) {
  const UniqueFd socket = from.Socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const sockaddr_in at = To(to, 0);
  Require(connect(socket.get(), AsSocketAddress(at), sizeof(at)) == 0, "connect");
  int answered = 0;
  for (int i = 0; i < count; ++i) {
    Bytes echo = {8, 0, 0, 0, 0x12, 0x34, 0, static_cast<std::uint8_t>(i)};
    const std::uint16_t sum = InternetChecksum(echo);
    echo[2] = static_cast<std::uint8_t>(sum >> 8);
    echo[3] = static_cast<std::uint8_t>(sum);
    Require(send(socket.get(), echo.data(), echo.size(), 0) > 0, "send");
    std::array<std::uint8_t, 256> answer;
    while (WaitForInput(socket.get())) {
      const ssize_t got = recv(socket.get(), answer.data(), answer.size(), 0);
      if (got < 28 || answer[20] != 0 || answer[27] != i) continue;
      ++answered;
      break;
    }
  }
  return answered;
}

class OtherTraffic : public E2e {
 protected:
  void StartRouter() {
    StartDaemon();
    bed_.router().Sysctl("ipv4/ip_forward", "1");
    bed_.h1().ns.Ip("route add default via 192.0.2.1");
    bed_.h3().ns.Ip("route add default via 203.0.113.1");
  }
};
BPFCAST_FOR_EACH_HOOK(OtherTraffic);

TEST_P(OtherTraffic, TF_44_PingsAndTcpReachTheRouterAndPassThroughIt) {
  StartRouter();
  constexpr std::size_t kSize = 1 << 20;
  EXPECT_EQ(Pings(bed_.h1().ns, kLan1, 20), 20);
  EXPECT_EQ(Pings(bed_.h1().ns, bed_.h3().address, 20), 20);
  EXPECT_EQ(TcpTransfer(bed_.h1().ns, bed_.router(), kLan1, kSize), kSize);
  EXPECT_EQ(TcpTransfer(bed_.router(), bed_.h1().ns, bed_.h1().address, kSize), kSize);
  EXPECT_EQ(TcpTransfer(bed_.h3().ns, bed_.h1().ns, bed_.h1().address, kSize), kSize);
}

TEST_P(OtherTraffic, TF_44_ABroadcastOfAHostWithoutAnAddressReachesTheRouter) {
  StartRouter();
  const UniqueFd server = bed_.router().Socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1;
  const sockaddr_in any = To(Ipv4Address(), 67);
  Require(bind(server.get(), AsSocketAddress(any), sizeof(any)) == 0, "bind");
  const UniqueFd client = bed_.h1().ns.Socket(AF_INET, SOCK_DGRAM, 0);
  Require(setsockopt(client.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == 0 &&
              setsockopt(client.get(), SOL_SOCKET, SO_BINDTODEVICE, "eth0", 4) == 0,
          "set options");
  const sockaddr_in everybody = To(MakeIpv4(255, 255, 255, 255), 67);
  const char request[] = "DHCPDISCOVER";
  for (int i = 0; i < 10; ++i) {
    Require(sendto(client.get(), request, sizeof(request), 0, AsSocketAddress(everybody),
                   sizeof(everybody)) == sizeof(request),
            "send");
    std::array<char, 64> data;
    ASSERT_TRUE(WaitForInput(server.get())) << "broadcast " << i;
    EXPECT_EQ(recv(server.get(), data.data(), data.size(), 0), static_cast<ssize_t>(sizeof(request)));
  }
}

TEST_P(OtherTraffic, TF_40_WhatTheRouterItselfSendsLeavesOnThatInterfaceAndIsNotProxied) {
  StartDaemon();
  Receiver h1(bed_.h1(), kG);
  Receiver h3(bed_.h3(), kG);
  h1.Join();
  h3.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Capture up(bed_.up().ns, "up0", Capture::What::kUdp);
  const Host router{bed_.router(), "lan1", kLan1};
  Sender sender(router, {.group = kG, .source = kLan1, .rate = 1000}, Sender::Start::kLater);
  sender.Send(200);
  ExpectComplete(h1, kLan1, 200);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(h3.Total(), 0U);
  EXPECT_THAT(up.Packets(Both(Arrived, DataFor(kG))), IsEmpty());
  EXPECT_EQ(up.Missed(), 0U);
}

TEST_P(OtherTraffic, TF_33_ADiscoveryReachesAnotherLinkThatAskedForItAndNeverTheUpstream) {
  const Ipv4Address ssdp = MakeIpv4(239, 255, 255, 250);
  StartDaemon();
  Capture up(bed_.up().ns, "up0", Capture::What::kUdp);
  Capture control(bed_.up().ns, "up0", Capture::What::kIgmp);
  Sender search(bed_.h1(), {.group = ssdp, .source = bed_.h1().address, .rate = 1000, .ttl = 4},
                Sender::Start::kLater);
  search.Send(50);  // nobody asked for it
  Receiver h3(bed_.h3(), ssdp);
  h3.Join();
  ASSERT_TRUE(WaitForGroup(ssdp, "lan2"));
  search.Send(50);
  ASSERT_TRUE(h3.WaitForTotal(50));
  // The same from the upstream side does not come in.
  Sender outside(bed_.up(), FromUpstream(ssdp), Sender::Start::kLater);
  outside.Send(50);
  std::this_thread::sleep_for(2 * kReportInterval);
  EXPECT_EQ(h3.Total(), 50U);
  EXPECT_THAT(up.Packets(Both(Arrived, DataFor(ssdp))), IsEmpty());
  EXPECT_EQ(up.Missed(), 0U);
  EXPECT_THAT(control.Packets(Both(Arrived, Record(kToEx, ssdp))), IsEmpty()) << "F-50: no join upstream";
}

TEST_P(OtherTraffic, TE_28_TwoInstancesOnOtherInterfacesOfOneMachineDoNotMixTheSameGroup) {
  StartDaemon({.downstreams = {"lan1"}});
  Daemon other(bed_.router(),
               "upstream = \"lan3\"\ndownstream = \"lan2\"\n[interface.lan2]\nhook = \"" + Hook() +
                   "\"\n[interface.lan3]\nhook = \"" + Hook() + "\"\n",
               NamePrefix("e2e") + "-second");
  other.WaitUntilUp(2);
  Receiver h1(bed_.h1(), kG);
  Receiver h3(bed_.h3(), kG);
  h1.Join();
  h3.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(other.WaitForGroup(kG, "lan2"));
  Sender first(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  Sender second(bed_.h4(), {.group = kG, .source = bed_.h4().address, .rate = 1000}, Sender::Start::kLater);
  first.Send(300);
  second.Send(300);
  ExpectComplete(h1, Source(1), 300);
  ExpectComplete(h3, bed_.h4().address, 300);
  EXPECT_EQ(h1.Total(), 300U);
  EXPECT_EQ(h3.Total(), 300U);
  EXPECT_EQ(Groups().size(), 1U);
  EXPECT_EQ(other.Call("groups").size(), 1U);
}

}  // namespace
}  // namespace bpfcast::test
