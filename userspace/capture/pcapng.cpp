#include "capture/pcapng.h"

#include <string_view>

namespace bpfcast {
namespace {

// draft-ietf-opsawg-pcapng
constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kApplication = 4;
constexpr std::uint16_t kInterfaceName = 2;
constexpr std::uint16_t kTimeResolution = 9;
constexpr std::uint16_t kFlags = 2;
constexpr std::uint32_t kInbound = 1;
constexpr std::uint32_t kOutbound = 2;
constexpr std::uint16_t kLinkEthernet = 1;
constexpr std::uint16_t kLinkRaw = 101;
constexpr std::string_view kNanoseconds = "\x09";
constexpr std::size_t kFrameOfBlock = 12;  // its type, and its length twice

template <class Number>
std::string Octets(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

void Pad(std::string& text) {
  text.resize((text.size() + 3) / 4 * 4);
}

std::string Option(std::uint16_t code, std::string_view value) {
  std::string text = Octets(code) + Octets(static_cast<std::uint16_t>(value.size()));
  text += value;
  Pad(text);
  return text;
}

std::string EndOfOptions() {
  return Octets(std::uint32_t{0});
}

std::string Block(std::uint32_t type, const std::string& body) {
  const auto length = static_cast<std::uint32_t>(body.size() + kFrameOfBlock);
  return Octets(type) + Octets(length) + body + Octets(length);
}

}  // namespace

std::string PcapNgHeader() {
  constexpr std::uint16_t kMajor = 1;
  constexpr std::uint16_t kMinor = 0;
  constexpr std::int64_t kUnknownLength = -1;
  return Block(kSectionHeader, Octets(kByteOrder) + Octets(kMajor) + Octets(kMinor) + Octets(kUnknownLength) +
                                   Option(kApplication, "bpfcast capture") + EndOfOptions());
}

std::string PcapNgInterface(const std::string& name, LinkKind link) {
  constexpr std::uint16_t kReserved = 0;
  constexpr std::uint32_t kNoLimit = 0;
  return Block(kInterface, Octets(link == LinkKind::kEthernet ? kLinkEthernet : kLinkRaw) +
                               Octets(kReserved) + Octets(kNoLimit) + Option(kInterfaceName, name) +
                               Option(kTimeResolution, kNanoseconds) + EndOfOptions());
}

std::string PcapNgFrame(const CapturedFrame& frame, const std::string& comment) {
  const auto time = static_cast<std::uint64_t>(frame.time.count());
  std::string body = Octets(static_cast<std::uint32_t>(frame.port)) +
                     Octets(static_cast<std::uint32_t>(time >> 32)) +
                     Octets(static_cast<std::uint32_t>(time)) +
                     Octets(static_cast<std::uint32_t>(frame.octets.size())) + Octets(frame.length);
  body.append(reinterpret_cast<const char*>(frame.octets.data()), frame.octets.size());
  Pad(body);
  if (!comment.empty()) body += Option(kComment, comment);
  body += Option(kFlags, Octets(frame.direction == FrameDirection::kIn ? kInbound : kOutbound));
  return Block(kEnhancedPacket, body + EndOfOptions());
}

}  // namespace bpfcast
