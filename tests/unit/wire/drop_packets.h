// For every DropReason of the codec a packet that is dropped, or loses a part, for that reason alone.
#pragma once

#include <optional>

#include "unit/wire/family_packets.h"

namespace bpfcast::test {

template <class F>
struct DropPacket {
  Bytes packet;
  ReceiveRules<F> rules = Packets<F>::Rules();
};

namespace detail {

inline Bytes Fragment(Igmp /*family*/) {
  return igmp::Wrap(Hex(igmp::kV11), {.fragment = 0x2000});
}
inline Bytes Fragment(Mld /*family*/) {
  return mld::WrapSummed(mld::kV25, {.headers = Hex("3a00000000000001"), .next_header = 44});
}
inline Bytes WithoutRouterAlert(Igmp /*family*/) {
  return igmp::Wrap(igmp::kV11, {.options = {}});
}
inline Bytes WithoutRouterAlert(Mld /*family*/) {
  return mld::WrapSummed(mld::kV25, {.headers = {}, .next_header = 58});
}
inline Ipv4Address ImpossibleSource(Igmp /*family*/) {
  return MakeIpv4(224, 1, 1, 1);
}
inline Ipv6Address ImpossibleSource(Mld /*family*/) {
  return mld::V6("2001:db8::a");
}

}  // namespace detail

/// Nothing for the reasons that are decided above the codec.
template <class F>
std::optional<DropPacket<F>> DropPacketFor(DropReason reason) {
  using P = Packets<F>;
  const auto to_ex = [](const auto& group) {
    return P::ReportHead(1).Add(RecordOctets(RecordType::kToEx, group).bytes());
  };
  const Octets good = to_ex(P::kGroup);
  switch (reason) {
    case DropReason::kIpHeader: {
      Bytes cut = P::Send(good);
      cut.pop_back();
      return DropPacket<F>{cut};
    }
    case DropReason::kFragment:
      return DropPacket<F>{detail::Fragment(F())};
    case DropReason::kChecksum: {
      Bytes flipped = P::Send(good);
      flipped.back() ^= 1;
      return DropPacket<F>{flipped};
    }
    case DropReason::kTtl:
      return DropPacket<F>{P::Send(good, {.ttl = 2})};
    case DropReason::kRouterAlert: {
      DropPacket<F> out{detail::WithoutRouterAlert(F())};
      out.rules.require_router_alert_in_reports = true;
      return out;
    }
    case DropReason::kSource:
      return DropPacket<F>{P::Send(good, {.source = detail::ImpossibleSource(F())})};
    case DropReason::kDestination:
      return DropPacket<F>{P::Send(good, {.destination = P::kOtherGroup})};
    case DropReason::kOwn:
      return DropPacket<F>{P::Send(good, {.source = P::kOwn})};
    case DropReason::kQueryLength:
      return DropPacket<F>{P::Send(P::QueryHead(100, {}).U8(0), {.destination = P::kAllNodes})};
    case DropReason::kShort:
      return DropPacket<F>{P::Send(Octets().Add(Bytes(good.bytes().data(), good.bytes().data() + 7)))};
    case DropReason::kTruncated:
      return DropPacket<F>{P::Send(P::ReportHead(2).Add(RecordOctets(RecordType::kToEx, P::kGroup).bytes()))};
    case DropReason::kType:
      return DropPacket<F>{P::Send(Octets().U8(0xff).Add(Bytes(7)))};
    case DropReason::kQueryGroup:
      return DropPacket<F>{
          P::Send(P::QueryHead(100, {}).Add(QueryRest(std::vector{P::S(1)})), {.destination = P::kAllNodes})};
    case DropReason::kGroup:
      return DropPacket<F>{P::Send(to_ex(P::kUnicast))};
    case DropReason::kScope:
      return DropPacket<F>{P::Send(to_ex(P::LinkLocalGroups().front()))};
    case DropReason::kRecordType:
      return DropPacket<F>{P::Send(P::ReportHead(1).Add(RecordOctets({7, 0}, P::kGroup).bytes()))};
    case DropReason::kRecordSource:
      return DropPacket<F>{P::Send(P::ReportHead(1).Add(
          RecordOctets(RecordType::kAllow, P::kSsmGroup, {P::BadSources().front()}).bytes()))};
    case DropReason::kSsm:     // Querier: exclude mode for a source-specific group
    case DropReason::kLimit:   // Querier, GroupState: no room for a group or a source
    case DropReason::kPolicy:  // ApplyAccess: the access list of the link
    case DropReason::kCount:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace bpfcast::test
