#include "bpf/mixed_bed.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

#include "bpf/matrix.h"
#include "datapath/bpf_fd.h"

namespace bpfcast::bpftest {
namespace {

// Groups by what becomes of them.
template <class F>
struct Groups;

template <>
struct Groups<Igmp> {
  static Ipv4Address Of(int n) { return MakeIpv4(239, 1, 2, static_cast<std::uint8_t>(n)); }
  static Ipv4Address Bounded(int n) { return MakeIpv4(239, 255, 1, static_cast<std::uint8_t>(n)); }
  static Prefix<Ipv4Address> BoundedOnes() { return {V4("239.255.0.0"), 16}; }
  static Prefix<Ipv4Address> Listed() { return {Of(1), 32}; }
  static std::vector<Ipv4Address> OfTheLink() { return {V4("224.0.0.5"), V4("224.0.0.251")}; }
};
template <>
struct Groups<Mld> {
  static Ipv6Address Of(int n) { return V6("ff0e::12:" + std::to_string(n)); }
  static Ipv6Address Bounded(int n) { return V6("ff05::" + std::to_string(n)); }
  static Prefix<Ipv6Address> BoundedOnes() { return {V6("ff05::"), 16}; }
  static Prefix<Ipv6Address> Listed() { return {Of(1), 128}; }
  static std::vector<Ipv6Address> OfTheLink() {
    return {V6("ff00::1"), V6("ff01::1"), V6("ff02::1234"), V6("ff32::5")};
  }
};

constexpr int kRouted = 10;  // groups 1 to 10 have routes, 11 has none

template <class F>
struct Addresses;

template <>
struct Addresses<Igmp> {
  static Ipv4Address OfPort(PortId id, int n) {
    static const std::array<Ipv4Address, 5> nets = {MakeIpv4(198, 51, 100, 0), MakeIpv4(192, 0, 2, 0),
                                                    MakeIpv4(203, 0, 113, 0), MakeIpv4(10, 30, 0, 0),
                                                    MakeIpv4(10, 40, 0, 0)};
    auto bytes = nets[static_cast<std::size_t>(id)].bytes();
    bytes[3] = static_cast<std::uint8_t>(n);
    return Ipv4Address(bytes);
  }
  static Prefix<Ipv4Address> Altnet() { return {V4("10.9.0.0"), 16}; }
  static std::vector<Ipv4Address> Strange() {
    return {V4("0.0.0.0"),         V4("0.1.2.3"),      V4("127.0.0.1"),   V4("169.254.1.1"),
            V4("224.1.1.1"),       V4("240.0.0.1"),    V4("192.0.2.255"), V4("192.0.2.1"),
            V4("255.255.255.255"), V4("198.51.100.2"), V4("192.168.1.1"), V4("203.0.113.255"),
            V4("10.9.9.9"),        V4("192.0.2.0")};
  }
};
template <>
struct Addresses<Mld> {
  static Ipv6Address OfPort(PortId id, int n) {
    return V6("2001:db8:f00" + std::to_string(static_cast<int>(id)) + "::" + std::to_string(n));
  }
  static Prefix<Ipv6Address> Altnet() { return {V6("2001:db9::"), 32}; }
  static std::vector<Ipv6Address> Strange() {
    return {V6("::"),         V6("::1"),     V6("::2"),        V6("::ffff:10.0.0.1"),  V6("fe80::5"),
            V6("febf::5"),    V6("fec0::5"), V6("ff0e::1"),    V6("2001:db8:f001::1"), V6("2001:db8:f000::2"),
            V6("0:0:0:1::1"), V6("fd00::7"), V6("2001:db9::9")};
  }
};

template <class Key, class Value>
void WriteMap(const Lab& lab, const std::string& name, const Key& key, const Value* value) {
  const BpfFd map(::bpf_obj_get((lab.bpffs() + "/bpfcast/test/" + name).c_str()));
  const int done = value != nullptr ? ::bpf_map_update_elem(map.get(), &key, value, BPF_ANY)
                                    : ::bpf_map_delete_elem(map.get(), &key);
  if (!map || done != 0) throw std::runtime_error("write to " + name);
}

}  // namespace

MixedBed::MixedBed(Hook hook) {
  MakePorts(hook);
  MakeRoutes<Igmp>();
  MakeRoutes<Mld>();
}

void MixedBed::MakePorts(Hook hook) {
  lab_.MakeBed(hook);
  lab_.MakePort(kLost, "d4", PortRole::kDownstream, hook, {MakeIpv4(10, 40, 0, 1), 24});
  lab_.MakePort(kSilent, "d5", PortRole::kDownstream, hook, {MakeIpv4(10, 50, 0, 1), 24});
  lab_.MakePort(kRefuses, "d6", PortRole::kDownstream, hook, {MakeIpv4(10, 60, 0, 1), 24});
  const auto both = [](DatapathPort& port, auto change) {
    change(port.ipv4, Igmp());
    change(port.ipv6, Mld());
  };
  both(lab_.port(kU), [](auto& family, auto f) {
    family.passages.rules = {{Groups<decltype(f)>::BoundedOnes(), Passage::kNowhere}};
  });
  lab_.port(kD1).ttl_threshold = 16;
  both(lab_.port(kD1), [](auto& family, auto f) {
    family.passages.rules = {{Groups<decltype(f)>::BoundedOnes(), Passage::kNotUpstream}};
  });
  lab_.port(kD2).mtu = 1400;
  both(lab_.port(kD2), [](auto& family, auto f) {
    family.other_sources = {Addresses<decltype(f)>::Altnet()};
    family.passages = {{{Groups<decltype(f)>::Listed(), Passage::kAnywhere}}, Passage::kNotUpstream};
  });
  lab_.port(kD3).source_check = SourceCheck::kOff;
  lab_.port(kSilent).up = false;
  Shell("ip link set d2 mtu 1400 && ip link set d5 down && ip link set d6 down");
  for (const PortId id : {kU, kD1, kD2, kD3, kLost, kSilent, kRefuses}) {
    lab_.Set(lab_.port(id));
    reference_.SetPort(lab_.port(id));
  }
  reference_.RefuseCopies(kRefuses);
}

template <class F>
void MixedBed::AddRoute(const RouteKey<F>& key, const PortSet& downstreams, bool local) {
  Route route;
  route.from_upstream = downstreams;
  route.from_downstream = downstreams;
  route.from_downstream.Add(kU);
  route.not_upstream = downstreams;
  route.local = local;
  const Result<void> applied = lab_.datapath().Apply(ForwardingUpdate<F>{{key, route}});
  if (!applied) throw std::runtime_error(applied.error().message);
  reference_.SetRoute(key, route);
}

template <class F>
void MixedBed::MakeRoutes() {
  using G = Groups<F>;
  const typename F::Address any;
  AddRoute<F>({any, G::Of(1)}, {kD1});
  AddRoute<F>({Matrix<F>::Far(66), G::Of(1)}, {});
  AddRoute<F>({Matrix<F>::Far(1), G::Of(1)}, {kD1, kD3});
  AddRoute<F>({any, G::Of(2)}, {kD1, kD2, kD3});
  AddRoute<F>({any, G::Of(3)}, {kD2, kD3});
  AddRoute<F>({any, G::Of(4)}, {kD1, kD2}, true);
  AddRoute<F>({any, G::Of(5)}, {}, true);
  AddRoute<F>({any, G::Of(6)}, {kSilent});
  AddRoute<F>({any, G::Of(7)}, {kD2, kLost});
  AddRoute<F>({any, G::Of(8)}, {kD2, kSilent});
  AddRoute<F>({Matrix<F>::Far(2), G::Of(9)}, {kD1, kD2, kD3});
  AddRoute<F>({any, G::Of(kRouted)}, {kD3, kRefuses}, true);
  AddRoute<F>({any, G::Bounded(1)}, {kD1, kD2});
  AddRoute<F>({any, G::Bounded(2)}, {kD1}, true);
  for (const auto& group : G::OfTheLink()) AddRoute<F>({any, group}, {kD1});
}

void MixedBed::LosePort() {
  reference_.LosePort(kLost);
  const bpfcast_port nothing{};
  WriteMap<std::uint32_t, std::uint32_t>(lab_, "if_port", lab_.port(kLost).ifindex, nullptr);
  WriteMap(lab_, "ports", static_cast<std::uint32_t>(kLost), &nothing);
}

void MixedBed::EndLease() {
  reference_.SetLease(ReferenceForwarder::Lease::kOver);
  const bpfcast_control over{};
  WriteMap(lab_, "control", std::uint32_t{0}, &over);
}

template <class F>
Bytes MixedPackets<F>::Octets(std::size_t size) {
  Bytes octets(size);
  for (auto& octet : octets) octet = Octet();
  return octets;
}

template <class F>
typename F::Address MixedPackets<F>::Source(PortId arrival) {
  if (OneIn(12)) return Any(Addresses<F>::Strange());
  if (OneIn(20)) return Addresses<F>::OfPort(Any(MixedBed::Arrivals()), 10);
  if (arrival == kU && !OneIn(3)) return Matrix<F>::Far(Any(std::array{1, 2, 3, 66}));
  return Addresses<F>::OfPort(arrival, Any(std::array{10, 11}));
}

// Addresses, TTL and what the link adds.
template <class F>
void MixedPackets<F>::FillLink(Frame& frame, PortId arrival) {
  using G = Groups<F>;
  frame.source = Source(arrival);
  frame.group = G::Of(1 + static_cast<int>(random_() % (kRouted + 1)));
  if (OneIn(12)) frame.group = G::Bounded(Any(std::array{1, 2, 3}));
  if (OneIn(25)) frame.group = Any(G::OfTheLink());
  frame.to = MulticastMac(frame.group);
  if (OneIn(12)) {
    frame.to = Any(std::array<MacAddress, 4>{bed_.lab().port(arrival).mac,
                                             {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                             {0x02, 0xbb, 0, 0, 0, 1},
                                             MulticastMac(G::Of(3))});
  }
  if (OneIn(50)) {
    frame.group = Addresses<F>::OfPort(kD1, 10);
    frame.to = bed_.lab().port(arrival).mac;
  }
  frame.ttl = OneIn(6) ? Any(std::array<std::uint8_t, 7>{0, 1, 2, 15, 16, 17, 255}) : std::uint8_t{64};
  if (OneIn(16)) {
    const std::uint8_t vid = Any(std::array<std::uint8_t, 3>{0, 0, 100});
    frame.tags = {0x81, 0, static_cast<std::uint8_t>(Octet() & 0xe0), vid};
  }
  if (OneIn(100)) frame.tags = {0x88, 0xa8, 0, Any(std::array<std::uint8_t, 2>{0, 7})};
  if (OneIn(12)) frame.length_error = Any(std::array{-200, -40, -1, 1, 40, 2000, 60000});
  if (OneIn(12)) frame.trailer = Octets(1 + random_() % 46);
}

template <class F>
void MixedPackets<F>::FillPayload(Frame& frame) {
  std::size_t size = random_() % 120;
  if (OneIn(8)) size = 1500 - Frame::kHeader;
  if (OneIn(16)) size = 1399 + random_() % 3 - Frame::kHeader;  // 1399 to 1401 with the header
  frame.payload = Octets(size);
  if (OneIn(30)) frame.protocol = Any(std::array<std::uint8_t, 6>{0, 1, 47, 50, 51, 89});
}

template <>
void MixedPackets<Igmp>::FillHeader(Frame& frame) {
  frame.tos = Octet();
  frame.id = static_cast<std::uint16_t>(random_());
  if (OneIn(8)) frame.fragment = static_cast<std::uint16_t>(random_() & 0x3fff);
  if (OneIn(24)) frame.protocol = 2;
  if (OneIn(16)) frame.checksum_error = static_cast<int>(random_() % 0xffff);
  if (OneIn(40)) frame.version = Octet() & 0x0f;
  if (OneIn(12)) {
    frame.options = Any(
        std::array<Bytes, 7>{Bytes{0x94, 4, 0, 0}, Bytes{7, 7, 4, 0, 0, 0, 0, 0},
                             Bytes{131, 7, 4, 10, 0, 0, 1, 0}, Bytes{1, 1, 137, 7, 4, 10, 0, 0, 1, 0, 0, 0},
                             Bytes{1, 1, 1, 131}, Bytes{0, 131, 7, 4}, Octets(4 * (1 + random_() % 10))});
    if (OneIn(4)) frame.payload.clear();
    frame.ihl = static_cast<std::uint8_t>(5 + frame.options.size() / 4);
  }
  if (OneIn(24)) frame.ihl = Octet() & 0x0f;
}

template <>
void MixedPackets<Mld>::FillHeader(Frame& frame) {
  frame.traffic = random_() & 0xfffffff;
  if (OneIn(40)) frame.version = Octet() & 0x0f;
  if (OneIn(5)) {
    constexpr std::array<std::uint8_t, 5> kKinds = {0, 43, 44, 60, 60};
    // Mostly those that are forwarded, and now and then too many of them.
    const unsigned headers = OneIn(6) ? 1 + random_() % 10 : 1;
    std::uint8_t kind = OneIn(2) ? Any(kKinds) : Any(std::array<std::uint8_t, 2>{44, 60});
    const std::uint8_t last = Any(std::array<std::uint8_t, 4>{17, 17, 58, 59});
    frame.protocol = kind;
    for (unsigned i = 1; i <= headers; ++i) {
      const std::uint8_t next = i == headers ? last : Any(kKinds);
      Bytes header = Octets(8);
      header[0] = next;
      header[1] = OneIn(8) ? 1 : 0;
      if (OneIn(32)) header[1] = Octet();
      if (kind == 44 && OneIn(2)) header[2] = header[3] = 0;
      if (kind != 44) header.resize(8 + 8U * (header[1] == 1 ? 1 : 0));
      frame.extensions.insert(frame.extensions.end(), header.begin(), header.end());
      kind = next;
    }
    if (OneIn(4)) frame.payload.resize(random_() % 5);
    if (frame.payload.size() > 200) frame.payload.resize(200);
  } else if (OneIn(10)) {
    frame.protocol = 58;
  }
  if (!frame.payload.empty() && OneIn(2)) {
    frame.payload[0] = Any(std::array<std::uint8_t, 7>{128, 129, 130, 131, 132, 133, 143});
  }
}

// What no header field says: octets that changed on the way, and a cut behind the addresses.
template <class F>
void MixedPackets<F>::Spoil(Bytes& frame) {
  if (OneIn(20)) {
    for (unsigned changes = 1 + random_() % 3; changes > 0; --changes) {
      frame[12 + random_() % (frame.size() - 12)] = Octet();
    }
  }
  const std::size_t least = kEth + 4 + Frame::kHeader;
  if (OneIn(20) && frame.size() > least) frame.resize(least + random_() % (frame.size() - least));
}

template <class F>
typename MixedPackets<F>::Packet MixedPackets<F>::Next() {
  const PortId arrival = OneIn(2) ? kU : Any(MixedBed::Arrivals());
  Frame frame;
  FillLink(frame, arrival);
  FillPayload(frame);
  FillHeader(frame);
  Bytes octets = frame.Build();
  Spoil(octets);
  // A link takes no more.
  const std::size_t most = kEth + bed_.lab().port(arrival).mtu;
  if (octets.size() > most) octets.resize(most);
  return {arrival, std::move(octets)};
}

template class MixedPackets<Igmp>;
template class MixedPackets<Mld>;

}  // namespace bpfcast::bpftest
