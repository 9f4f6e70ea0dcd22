// Receivers as they are in the field: sockets of a Linux kernel, which speaks IGMP by itself.
#pragma once

#include "support/bed.h"

namespace bpfcast::test {

/// Makes the host's kernel speak IGMPv1 or v2 (0: whatever it hears, v3 by default).
void ForceIgmpVersion(const Host& host, int version);

/// A UDP socket and its group memberships. They end with the socket. Every call throws when the kernel
/// refuses.
class MulticastSocket {
 public:
  explicit MulticastSocket(const Host& host);

  void Join(const Ipv4Address& group);
  void Leave(const Ipv4Address& group);
  void JoinSource(const Ipv4Address& group, const Ipv4Address& source);
  void LeaveSource(const Ipv4Address& group, const Ipv4Address& source);
  void Block(const Ipv4Address& group, const Ipv4Address& source);
  void Unblock(const Ipv4Address& group, const Ipv4Address& source);

  /// Receives only datagrams to this group and port.
  void Bind(const Ipv4Address& group, std::uint16_t port);
  int fd() const { return fd_.get(); }

 private:
  void GroupOption(int option, const Ipv4Address& group);
  void SourceOption(int option, const Ipv4Address& group, const Ipv4Address& source);

  UniqueFd fd_;
  int ifindex_;
};

}  // namespace bpfcast::test
