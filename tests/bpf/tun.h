// Tun: a tun interface and its other end, where IP packets are written and read without a frame around them.
#pragma once

#include <optional>
#include <string>

#include "bpf/lab.h"

namespace bpfcast::bpftest {

class Tun {
 public:
  /// Creates the interface in the network namespace of the calling thread, and sets it up.
  explicit Tun(const std::string& name);
  Tun(const Tun&) = delete;
  Tun& operator=(const Tun&) = delete;
  /// Takes the interface away.
  ~Tun();

  /// The packet arrives at the interface.
  void Send(const Bytes& packet) const;
  /// The next packet that left through it, other than IGMP and ICMPv6, or nothing after the timeout.
  std::optional<Bytes> Receive(int timeout_ms = 2000) const;
  std::vector<Bytes> Drain(int timeout_ms = 100) const;

 private:
  int fd_ = -1;
};

/// The interface as a port of the bed of the matrix, served by TC.
DatapathPort TunPort(PortId id, const std::string& name, PortRole role, const Prefix<Ipv4Address>& subnet,
                     const Ipv6Address& ipv6);

/// The packet in a frame without tags and trailer.
Bytes PacketOf(const Bytes& frame);

}  // namespace bpfcast::bpftest
