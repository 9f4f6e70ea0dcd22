// Receivers as they are in the field: sockets of a Linux kernel, which speaks IGMP and MLD by itself.
#pragma once

#include "support/bed.h"

namespace bpfcast::test {

/// Makes the host's kernel speak IGMPv1 or v2 (0: whatever it hears, v3 by default).
void ForceIgmpVersion(const Host& host, int version);
/// The same for MLDv1 (1) and MLDv2 (2).
void ForceMldVersion(const Host& host, int version);

/// A UDP socket and its group memberships, all of one family. They end with the socket. Every call throws
/// when the kernel refuses.
class MulticastSocket {
 public:
  explicit MulticastSocket(const Host& host, IpVersion version = IpVersion::k4);

  void Join(const AnyAddress& group);
  void Leave(const AnyAddress& group);
  void JoinSource(const AnyAddress& group, const AnyAddress& source);
  void LeaveSource(const AnyAddress& group, const AnyAddress& source);
  void Block(const AnyAddress& group, const AnyAddress& source);
  void Unblock(const AnyAddress& group, const AnyAddress& source);

  /// Receives only datagrams to this group and port.
  void Bind(const AnyAddress& group, std::uint16_t port);
  int fd() const { return fd_.get(); }

 private:
  void GroupOption(int option, const AnyAddress& group);
  void SourceOption(int option, const AnyAddress& group, const AnyAddress& source);

  IpVersion version_;
  UniqueFd fd_;
  int ifindex_;
};

}  // namespace bpfcast::test
