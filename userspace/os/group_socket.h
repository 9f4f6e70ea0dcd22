// GroupSocket: IGMP and MLD on one interface. A packet socket, so that the arrival interface is certain and
// every report is seen whatever group it is sent to, before the kernel's own IGMP, MLD and firewall.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "os/unique_fd.h"

namespace bpfcast {

enum class Direction : std::uint8_t {
  kIncoming,
  kOutgoing,  // sent by this machine's own stack; what we send ourselves is not shown
};

/// By the frame's EtherType, whatever the packet says.
enum class IpVersion : std::uint8_t { kIpv4, kIpv6 };

/// Room for one batch of packets; one serves all sockets.
class PacketBatch {
 public:
  static constexpr std::size_t kPackets = 32;
  static constexpr std::size_t kPacketSize = 9216;

  std::span<std::uint8_t> Slot(std::size_t i) { return {&(*bytes_)[i * kPacketSize], kPacketSize}; }

 private:
  using Bytes = std::array<std::uint8_t, kPackets * kPacketSize>;
  std::unique_ptr<Bytes> bytes_ = std::make_unique<Bytes>();
};

/// Frames with a VLAN tag belong to the VLAN interface, and frames to other hosts to nobody here: both are
/// left out.
class GroupSocket {
 public:
  using Visit = std::function<void(Direction, IpVersion, std::span<const std::uint8_t> packet)>;

  static Result<GroupSocket> Open(std::uint32_t ifindex, const std::string& name);

  int fd() const { return fd_.get(); }
  /// Visits IP packets that wait, without blocking and not without end: a flood leaves the rest for the next
  /// turn.
  void Receive(PacketBatch& batch, const Visit& visit);
  /// Sends a whole IP packet to the mapped multicast MAC.
  Result<void> Send(const Ipv4Address& group, std::span<const std::uint8_t> packet);
  Result<void> Send(const Ipv6Address& group, std::span<const std::uint8_t> packet);
  /// Packets that the kernel had no room for, since Open().
  std::uint64_t Overflows();

 private:
  GroupSocket(UniqueFd fd, std::uint32_t ifindex, std::string name);
  Result<void> SendFrame(const MacAddress& destination, std::uint16_t ether_type,
                         std::span<const std::uint8_t> packet);

  UniqueFd fd_;
  std::uint32_t ifindex_;
  std::string name_;
  std::uint64_t overflows_ = 0;
};

}  // namespace bpfcast
