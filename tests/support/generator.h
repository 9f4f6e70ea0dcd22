// Frames that a BPF program makes and sends through a veth to the port at its other end (live frames): many
// times as many as sockets could send.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "support/bed.h"
#include "support/unique_fd.h"

struct generator;

namespace bpfcast::test {

/// UDP in IPv4, without UDP checksum.
struct LiveFrames {
  enum class Payload { kNothing, kStream };  // kStream: StreamHeader, numbered from 0

  Ipv4Address group;
  Ipv4Address source;
  std::size_t size =
      60;  // octets from the MAC header to the end of the payload, without frame check sequence
  std::uint8_t ttl = 16;
  Payload payload = Payload::kNothing;
};

class Generator {
 public:
  static constexpr std::uint32_t kBatch = 64;  // frames sent at once: a veth has room for 256

  /// Loads the programs. Throws when it cannot.
  Generator();

  /// What it sends from now on, through the interface of this host, whose peer has GRO or XDP.
  void Prepare(const Host& sender, const LiveFrames& frames);
  /// Sends so many as fast as it can, in batches of kBatch. Only in the namespace of the sender (NetNs::Run),
  /// on one thread.
  void Send(std::uint32_t count);

 private:
  std::unique_ptr<generator, void (*)(generator*)> object_;
  std::vector<std::uint8_t> frame_;
  int program_ = -1;
  std::uint32_t ifindex_ = 0;
  UniqueFd dispatched_;
};

}  // namespace bpfcast::test
