#include "bpf/reference_forwarder.h"

#include <algorithm>
#include <array>

namespace bpfcast::bpftest {
namespace {

constexpr std::size_t kTag = 4;  // octets of a VLAN tag
constexpr std::uint8_t kIgmp = 2;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kDestination = 60;
constexpr int kMostExtensions = 8;  // a longer chain is left to the stack

std::uint16_t Get16(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

template <class Address>
Address AddressAt(const Bytes& bytes, std::size_t at) {
  std::array<std::uint8_t, Address::kBytes> octets{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), octets.size(), octets.begin());
  return Address(octets);
}

bool In(const Ipv4Address& address, const char* prefix, unsigned length) {
  return Prefix<Ipv4Address>{V4(prefix), length}.Contains(address);
}
bool In(const Ipv6Address& address, const char* prefix, unsigned length) {
  return Prefix<Ipv6Address>{V6(prefix), length}.Contains(address);
}

// F-09, of addresses alone.
bool IsMartian(const Ipv4Address& source) {
  return In(source, "0.0.0.0", 8) || In(source, "127.0.0.0", 8) || In(source, "169.254.0.0", 16) ||
         In(source, "224.0.0.0", 4) || In(source, "240.0.0.0", 4);
}
bool IsMartian(const Ipv6Address& source) {
  return source == V6("::") || source == V6("::1") || In(source, "ff00::", 8) || In(source, "fe80::", 10) ||
         In(source, "::ffff:0:0", 96);
}

// A subnet of /31 or /32 has no broadcast address (RFC 3021), IPv6 has none.
bool IsBroadcastOf(const Prefix<Ipv4Address>& subnet, const Ipv4Address& address) {
  return subnet.length <= 30 && subnet.Last() == address;
}
bool IsBroadcastOf(const Prefix<Ipv6Address>&, const Ipv6Address&) {
  return false;
}

// F-02, F-03.
std::optional<bpfcast_counter> JudgeScope(const Ipv4Address& group) {
  if (In(group, "224.0.0.0", 24)) return BPFCAST_SCOPE;
  return std::nullopt;
}
std::optional<bpfcast_counter> JudgeScope(const Ipv6Address& group) {
  switch (group.bytes()[1] & 0x0f) {
    case 0:
      return BPFCAST_SCOPE0;
    case 1:
    case 2:
      return BPFCAST_SCOPE;
    default:
      return std::nullopt;
  }
}

const FamilyPort<Igmp>& Of(const DatapathPort& port, Igmp) {
  return port.ipv4;
}
const FamilyPort<Mld>& Of(const DatapathPort& port, Mld) {
  return port.ipv6;
}

// RFC 1624, equation 3, for the word of TTL and protocol: a sum that was wrong stays wrong (F-06).
std::uint16_t SumAfterHop(std::uint16_t sum, std::uint8_t ttl, std::uint8_t protocol) {
  const std::uint32_t before = static_cast<std::uint32_t>(ttl << 8 | protocol);
  const std::uint32_t after = before - 0x100;
  std::uint32_t complement = (~sum & 0xffffU) + (~before & 0xffffU) + after;
  while (complement > 0xffff) complement = (complement & 0xffff) + (complement >> 16);
  return static_cast<std::uint16_t>(~complement);
}

// What the chain of IPv6 headers says.
struct Chain {
  bool control = false;  // it leads to MLD
  bool options = false;  // somebody on the way has to look into it, or it cannot be followed
};

// `ip` is the IPv6 packet as far as the frame has it, nothing of a trailer.
Chain FollowChain(const Bytes& ip) {
  Chain chain;
  std::uint8_t next = ip[6];
  std::size_t at = 40;
  for (int headers = 0; headers < kMostExtensions; ++headers) {
    if (at > ip.size()) break;
    if (next == kIcmp6) {
      if (at == ip.size()) break;
      chain.control = (ip[at] >= 130 && ip[at] <= 132) || ip[at] == 143;
      return chain;
    }
    if (next != kHopByHop && next != kRouting && next != kFragment && next != kDestination) return chain;
    if (at + 8 > ip.size()) break;  // no header is shorter
    if (next == kHopByHop || next == kRouting) chain.options = true;
    std::size_t size = (ip[at + 1] + 1U) * 8;
    if (next == kFragment) {
      if ((Get16(ip, at + 2) & 0xfff8) != 0) return chain;  // a later one: what follows are no headers
      size = 8;
    }
    next = ip[at];
    at += size;
  }
  chain.options = true;
  return chain;
}

bool IsDrop(bpfcast_counter verdict) {
  return verdict >= BPFCAST_FIRST_DROP;
}

}  // namespace

std::string NameOf(const std::optional<bpfcast_counter>& counter) {
  static const char* const names[] = {
#define BPFCAST_TEXT(name, text, meaning) text,
      BPFCAST_VERDICTS(BPFCAST_TEXT) BPFCAST_COPY_DROPS(BPFCAST_TEXT)
#undef BPFCAST_TEXT
  };
  return counter ? names[*counter] : "not counted";
}

template <class F>
struct ReferenceForwarder::Arrived {
  using Address = typename F::Address;
  static constexpr bool kV4 = Address::kBytes == 4;
  static constexpr std::size_t kHeader = kV4 ? 20 : 40;

  MacAddress to{};
  std::uint16_t vid = 0;
  Bytes ip;  // from the IP header to the end of the frame
  std::uint32_t ifindex = 0;
  const DatapathPort* port = nullptr;

  Address source() const { return AddressAt<Address>(ip, kV4 ? 12 : 8); }
  Address group() const { return AddressAt<Address>(ip, kV4 ? 16 : 24); }
  std::uint8_t ttl() const { return ip[kV4 ? 8 : 7]; }
  std::size_t header() const { return kV4 ? (ip[0] & 0x0fU) * 4 : kHeader; }
  std::size_t length() const { return kV4 ? Get16(ip, 2) : 40U + Get16(ip, 4); }
  Bytes packet() const {  // without a trailer
    return {ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(std::min(length(), ip.size()))};
  }

  // F-05
  bool HasGoodHeader() const {
    return ip[0] >> 4 == (kV4 ? 4 : 6) && header() >= kHeader && length() >= header() &&
           length() <= ip.size();
  }
  // F-04
  bool IsControl() const {
    if constexpr (kV4) return ip[9] == kIgmp;
    return FollowChain(packet()).control;
  }
  // F-14
  std::optional<bpfcast_counter> Options() const {
    if constexpr (kV4) {
      if (header() == kHeader) return std::nullopt;
      for (std::size_t at = kHeader; at < header() && ip[at] != 0;) {
        if (ip[at] == 131 || ip[at] == 137) return BPFCAST_SRCROUTE;
        if (ip[at] == 1) {
          ++at;
        } else if (at + 1 < header() && ip[at + 1] >= 2) {
          at += ip[at + 1];
        } else {
          break;  // nobody knows where the next one begins
        }
      }
      return BPFCAST_OPT;
    }
    return FollowChain(packet()).options ? std::optional(BPFCAST_OPT) : std::nullopt;
  }
  // F-23
  bool IsForUs() const {
    const MacAddress broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return to == MulticastMac(group()) || to == port->mac || to == broadcast;
  }
  // F-20, F-21, F-22, F-25
  Bytes CopyFor(const DatapathPort& egress) const {
    Bytes out;
    const MacAddress destination = MulticastMac(group());
    out.insert(out.end(), destination.begin(), destination.end());
    out.insert(out.end(), egress.mac.begin(), egress.mac.end());
    const Bytes protocol = kV4 ? Bytes{0x08, 0x00} : Bytes{0x86, 0xdd};
    out.insert(out.end(), protocol.begin(), protocol.end());
    const Bytes octets = packet();
    out.insert(out.end(), octets.begin(), octets.end());
    if (out.size() < 60) out.resize(60);
    if constexpr (kV4) {
      out[kEth + 8] = static_cast<std::uint8_t>(ttl() - 1);
      const std::uint16_t sum = SumAfterHop(Get16(ip, 10), ttl(), ip[9]);
      out[kEth + 10] = static_cast<std::uint8_t>(sum >> 8);
      out[kEth + 11] = static_cast<std::uint8_t>(sum);
    } else {
      out[kEth + 7] = static_cast<std::uint8_t>(ttl() - 1);
    }
    return out;
  }
};

Judgement ReferenceForwarder::Judge(const Bytes& frame, std::uint32_t ifindex) const {
  if (frame.size() < kEth) return {};
  std::size_t at = 12;
  std::uint16_t vid = 0;
  std::uint16_t protocol = Get16(frame, at);
  if ((protocol == 0x8100 || protocol == 0x88a8) && frame.size() >= kEth + kTag) {
    vid = Get16(frame, at + 2) & 0x0fff;
    at += kTag;
    protocol = Get16(frame, at);
  }
  const auto take = [&](auto family) -> Judgement {
    Arrived<decltype(family)> in;
    std::copy_n(frame.begin(), in.to.size(), in.to.begin());
    in.vid = vid;
    in.ip.assign(frame.begin() + static_cast<std::ptrdiff_t>(at) + 2, frame.end());
    in.ifindex = ifindex;
    if (in.ip.size() < in.kHeader || !in.group().IsMulticast()) return {};  // F-01
    return JudgePacket(in);
  };
  if (protocol == 0x0800) return take(Igmp());
  if (protocol == 0x86dd) return take(Mld());
  return {};
}

template <class F>
Judgement ReferenceForwarder::JudgePacket(const Arrived<F>& arrived) const {
  Arrived<F> in = arrived;
  Judgement out;
  out.length = in.length();
  const auto verdict = [&](bpfcast_counter counter) {
    out.verdict = counter;
    out.fate = IsDrop(counter) ? Fate::kDrop : Fate::kPass;
    return out;
  };
  for (const auto& [id, port] : ports_) {
    if (port.ifindex == in.ifindex && !lost_.contains(id)) in.port = &port;
  }
  if (in.port == nullptr) return verdict(BPFCAST_IIF);  // F-11
  if (!Of(*in.port, F()).served) return {};
  out.arrival = in.port->id;
  if (lease_ == Lease::kOver) return verdict(BPFCAST_LEASE);
  if (in.vid != 0) return verdict(BPFCAST_VLAN);                          // F-24
  if (const auto scope = JudgeScope(in.group())) return verdict(*scope);  // F-02, F-03
  if (in.IsControl()) return verdict(BPFCAST_CTRL);                       // F-04
  if (!in.HasGoodHeader()) return verdict(BPFCAST_HDR);                   // F-05
  // From here on somebody may miss it.
  const Route* const route = FindRoute(in);
  out.route = route;
  if (in.ttl() <= 1) return verdict(BPFCAST_TTL);  // F-07
  if (const auto source = JudgeSource(in)) {       // F-09, F-10, F-12
    // F-52: what sockets here take is up to the stack, which knows more of such sources.
    if (*source == BPFCAST_MART && route != nullptr && route->local) return verdict(BPFCAST_LOCAL);
    return verdict(*source);
  }
  if (const auto options = in.Options()) return verdict(*options);  // F-14
  if (!in.IsForUs()) {                                              // F-23: another station gets it
    out.route = nullptr;
    return verdict(BPFCAST_L2);
  }
  const Judgement sent = Replicate(in, route);
  verdict(*sent.verdict);
  if (*sent.verdict == BPFCAST_FORWARDED) {
    out.fate = sent.fate;
    out.copies = sent.copies;
    out.refused = sent.refused;
  }
  return out;
}

template <class F>
std::optional<bpfcast_counter> ReferenceForwarder::JudgeSource(const Arrived<F>& in) const {
  const auto source = in.source();
  if (IsMartian(source)) return BPFCAST_MART;
  for (const auto& [id, port] : ports_) {
    const auto& own = Of(port, F()).own_addresses;
    if (std::find(own.begin(), own.end(), source) != own.end()) return BPFCAST_OWN;
  }
  for (const auto& [id, port] : ports_) {
    for (const auto& subnet : Of(port, F()).subnets) {
      if (IsBroadcastOf(subnet, source)) return BPFCAST_MART;
    }
  }
  if (!IsExpectedOn<F>(*in.port, source)) return BPFCAST_RPF;
  return std::nullopt;
}

// F-12: the longest network that contains the source decides; the port's own word counts more than that of
// others.
template <class F>
bool ReferenceForwarder::IsExpectedOn(const DatapathPort& port, const typename F::Address& source) const {
  if (port.source_check == SourceCheck::kOff) return true;
  const FamilyPort<F>& own = Of(port, F());
  int accepted = -1;
  int foreign = -1;
  const auto match = [&](const auto& networks, int& longest) {
    for (const auto& network : networks) {
      if (network.Contains(source)) longest = std::max(longest, static_cast<int>(network.length));
    }
  };
  match(own.subnets, accepted);
  match(own.other_sources, accepted);
  if (port.role == PortRole::kUpstream) {
    for (const auto& [id, other] : ports_) {
      if (other.role == PortRole::kDownstream) match(Of(other, F()).subnets, foreign);
    }
    if (own.other_sources.empty()) return accepted >= foreign;
  }
  return accepted >= 0 && accepted >= foreign;
}

template <class F>
const Route* ReferenceForwarder::FindRoute(const Arrived<F>& in) const {
  const auto& routes = [&]() -> const auto& {
    if constexpr (Arrived<F>::kV4) {
      return routes4_;
    } else {
      return routes6_;
    }
  }
  ();
  auto found = routes.find({in.source(), in.group()});
  if (found == routes.end()) found = routes.find({typename F::Address(), in.group()});
  return found == routes.end() ? nullptr : &found->second;
}

PortSet ReferenceForwarder::Upstreams() const {
  PortSet set;
  for (const auto& [id, port] : ports_) {
    if (port.role == PortRole::kUpstream) set.Add(id);
  }
  return set;
}

// F-13, F-50, E-30 to E-33, then each copy: F-08, F-40.
template <class F>
Judgement ReferenceForwarder::Replicate(const Arrived<F>& in, const Route* route) const {
  const bool upstream = in.port->role == PortRole::kUpstream;
  const Passages<F>& passages = Of(*in.port, F()).passages;
  Passage passage = passages.otherwise;
  int longest = -1;
  for (const PassageRule<F>& rule : passages.rules) {
    if (!rule.groups.Contains(in.group()) || static_cast<int>(rule.groups.length) < longest) continue;
    longest = static_cast<int>(rule.groups.length);
    passage = rule.passage;
  }
  Judgement out;
  const auto verdict = [&](bpfcast_counter counter) {
    out.verdict = counter;
    return out;
  };
  if (route == nullptr && upstream) return verdict(BPFCAST_NOROUTE);
  const bool local = route != nullptr && route->local;
  PortSet wanted;
  if (passage == Passage::kNowhere || (passage == Passage::kNotUpstream && route == nullptr)) {
    return verdict(local ? BPFCAST_LOCAL : BPFCAST_BOUND);
  }
  if (route == nullptr) {
    wanted = Upstreams();
  } else if (upstream) {
    wanted = route->from_upstream;
  } else {
    wanted = passage == Passage::kNotUpstream ? route->not_upstream : route->from_downstream;
  }
  bool anybody = false;
  wanted.ForEach([&](PortId id) {
    const auto found = ports_.find(id);
    if (found == ports_.end() || !found->second.up || id == in.port->id) return;
    anybody = true;
    const DatapathPort& egress = found->second;
    if (lost_.contains(id)) {
      out.refused[id] = BPFCAST_DOWN;
    } else if (in.ttl() <= egress.ttl_threshold) {
      out.refused[id] = BPFCAST_THR;
    } else if (in.length() > egress.mtu) {
      out.refused[id] = BPFCAST_MTU;
    } else if (refusing_.contains(id)) {
      out.refused[id] = BPFCAST_CLONE;
    } else {
      out.copies[id] = in.CopyFor(egress);
    }
  });
  if (!anybody) return verdict(local ? BPFCAST_LOCAL : BPFCAST_NOOIF);
  out.fate = local ? Fate::kPass : Fate::kForward;
  return verdict(BPFCAST_FORWARDED);
}

}  // namespace bpfcast::bpftest
