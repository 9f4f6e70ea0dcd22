#include "wire/ipv4.h"

#include <cassert>

#include "wire/byte_reader.h"
#include "wire/byte_writer.h"
#include "wire/checksum.h"

namespace bpfcast {
namespace {

constexpr std::size_t kBasicHeader = 20;
constexpr std::size_t kChecksumOffset = 10;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragmentsOrOffset = 0x3fff;

constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kRouterAlert = 0x94;  // RFC 2113

/// Options that do not add up end the search: what follows cannot be told from data.
bool HasRouterAlert(ByteReader options) {
  while (options.remaining() > 0) {
    const std::uint8_t type = options.U8();
    if (type == kEndOfOptions) return false;
    if (type == kNoOperation) continue;
    const std::uint8_t length = options.U8();  // of the whole option
    if (length < 2 || !options.Has(length - 2u)) return false;
    ByteReader value(options.Take(length - 2u));
    if (type == kRouterAlert && length == 4 && value.U16() == 0) return true;
  }
  return false;
}

}  // namespace

// RFC 791 3.1
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+-------------------------------+
//   |Version|  IHL  |      TOS      |         Total Length          |
//   +-------+-------+---------------+-----+-------------------------+
//   |        Identification         |Flags|     Fragment Offset     |
//   +---------------+---------------+-----+-------------------------+
//   |      TTL      |   Protocol    |        Header Checksum        |
//   +---------------+---------------+-------------------------------+
//   |                        Source Address                         |
//   +---------------------------------------------------------------+
//   |                      Destination Address                      |
//   +---------------------------------------------------------------+
//   |                  Options: IHL * 4 - 20 octets                 |
//   +---------------------------------------------------------------+
tl::expected<Ipv4Packet, DropReason> ParseIpv4(std::span<const std::uint8_t> packet) {
  ByteReader reader(packet);
  const std::uint8_t version_and_ihl = reader.U8();
  reader.Skip(1);
  const std::size_t total_length = reader.U16();
  reader.Skip(2);
  const std::uint16_t fragment = reader.U16();
  Ipv4Packet out;
  out.ttl = reader.U8();
  out.protocol = reader.U8();
  reader.Skip(2);
  out.source = reader.Address<Ipv4Address>();
  out.destination = reader.Address<Ipv4Address>();

  const std::size_t header_length = (version_and_ihl & 0x0fu) * 4u;
  if (!reader.ok() || version_and_ihl >> 4 != 4 || header_length < kBasicHeader ||
      total_length < header_length || packet.size() < total_length ||
      !ChecksumIsGood(packet.first(header_length)))
    return tl::unexpected(DropReason::kIpHeader);
  if ((fragment & kMoreFragmentsOrOffset) != 0) return tl::unexpected(DropReason::kFragment);

  out.router_alert = HasRouterAlert(ByteReader(reader.Take(header_length - kBasicHeader)));
  out.payload = packet.subspan(header_length, total_length - header_length);
  return out;
}

std::vector<std::uint8_t> WrapIgmp(const Ipv4Address& source, const Ipv4Address& destination,
                                   std::span<const std::uint8_t> message) {
  constexpr std::size_t kHeader = kBasicHeader + 4;
  assert(kHeader + message.size() <= 0xffff);
  ByteWriter out;
  out.U8(0x40 | kHeader / 4);
  out.U8(0xc0);  // precedence: internetwork control
  out.U16(static_cast<std::uint16_t>(kHeader + message.size()));
  out.U16(0);
  out.U16(kDontFragment);
  out.U8(1);
  out.U8(kProtocolIgmp);
  out.U16(0);
  out.Address(source);
  out.Address(destination);
  out.U8(kRouterAlert);
  out.U8(4);
  out.U16(0);
  out.PatchU16(kChecksumOffset, InternetChecksum(out.bytes()));
  out.Bytes(message);
  return out.Release();
}

}  // namespace bpfcast
