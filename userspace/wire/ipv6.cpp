#include "wire/ipv6.h"

#include <cassert>

#include "wire/byte_reader.h"
#include "wire/byte_writer.h"

namespace bpfcast {
namespace {

using Drop = tl::unexpected<DropReason>;

constexpr std::size_t kHeader = 40;

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestinationOptions = 60;
constexpr std::uint8_t kMobility = 135;

constexpr std::uint8_t kPad1 = 0;
constexpr std::uint8_t kPadN = 1;
constexpr std::uint8_t kRouterAlert = 5;         // RFC 2711
constexpr std::uint16_t kAlertsOfMld = 0;        // its value
constexpr std::uint8_t kSkipUnlessKnown = 0xc0;  // RFC 8200 4.2: 00 in these bits means skip, else discard

/// Is a Router Alert of MLD among the options? Fails when they do not add up, or when one that we do not know
/// says that the packet is to be discarded then.
tl::expected<bool, DropReason> HasRouterAlert(ByteReader options) {
  bool found = false;
  while (options.remaining() > 0) {
    const std::uint8_t type = options.U8();
    if (type == kPad1) continue;
    const std::size_t length = options.U8();  // of the value
    ByteReader value(options.Take(length));
    if (!options.ok()) return Drop(DropReason::kIpHeader);
    if (type == kRouterAlert) {
      found |= length == 2 && value.U16() == kAlertsOfMld;
    } else if (type != kPadN && (type & kSkipUnlessKnown) != 0) {
      return Drop(DropReason::kIpHeader);
    }
  }
  return found;
}

}  // namespace

// RFC 8200 3
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+---------------+---------------------------------------+
//   |Version| Traffic Class |              Flow Label               |
//   +-------+---------------+-------+---------------+---------------+
//   |        Payload Length         |  Next Header  |   Hop Limit   |
//   +-------------------------------+---------------+---------------+
//   |                    Source Address, 16 octets                  |
//   +---------------------------------------------------------------+
//   |                 Destination Address, 16 octets                |
//   +---------------+---------------+-------------------------------+
//   |  Next Header  |  Hdr Ext Len  |   options: 6 + 8 * len octets |    Hop-by-Hop Options (4.3)
//   +---------------+---------------+-------------------------------+
tl::expected<Ipv6Packet, DropReason> ParseIpv6(std::span<const std::uint8_t> packet) {
  ByteReader reader(packet);
  const std::uint8_t version = reader.U8() >> 4;
  reader.Skip(3);
  const std::size_t payload_length = reader.U16();
  Ipv6Packet out;
  out.protocol = reader.U8();
  out.ttl = reader.U8();
  out.source = reader.Address<Ipv6Address>();
  out.destination = reader.Address<Ipv6Address>();
  ByteReader payload(reader.Take(payload_length));
  if (!reader.ok() || version != 6) return Drop(DropReason::kIpHeader);

  if (out.protocol == kHopByHop) {
    out.protocol = payload.U8();
    const std::size_t options_length = 6 + 8u * payload.U8();
    const ByteReader options(payload.Take(options_length));
    if (!payload.ok()) return Drop(DropReason::kIpHeader);
    const auto router_alert = HasRouterAlert(options);
    if (!router_alert) return Drop(router_alert.error());
    out.router_alert = *router_alert;
  }
  // No chain of further headers is walked: whatever it ends in, it is nothing for us.
  switch (out.protocol) {
    case kFragment:
      return Drop(DropReason::kFragment);
    case kHopByHop:
    case kRouting:
    case kAuthentication:
    case kDestinationOptions:
    case kMobility:
      return Drop(DropReason::kIpHeader);
    default:
      break;
  }
  out.payload = payload.Take(payload.remaining());
  return out;
}

std::vector<std::uint8_t> WrapMld(const Ipv6Address& source, const Ipv6Address& destination,
                                  std::span<const std::uint8_t> message) {
  constexpr std::size_t kOptions = 8;
  assert(kOptions + message.size() <= 0xffff);
  ByteWriter out;
  out.U8(0x60);
  out.U8(0);
  out.U16(0);
  out.U16(static_cast<std::uint16_t>(kOptions + message.size()));
  out.U8(kHopByHop);
  out.U8(1);
  out.Address(source);
  out.Address(destination);
  out.U8(kProtocolIcmpv6);
  out.U8(0);
  out.U8(kRouterAlert);
  out.U8(2);
  out.U16(kAlertsOfMld);
  out.U8(kPadN);
  out.U8(0);
  assert(out.bytes().size() == kHeader + kOptions);
  out.Bytes(message);
  return out.Release();
}

}  // namespace bpfcast
