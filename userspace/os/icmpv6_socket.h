// Icmpv6Socket: the errors that this machine sends as an IPv6 router.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/address.h"
#include "base/result.h"
#include "os/unique_fd.h"

namespace bpfcast {

/// What a Packet Too Big quotes of the packet at most: the error must fit into the smallest IPv6 MTU (RFC
/// 4443 3.2).
inline constexpr std::size_t kMaxQuoted = 1280 - 40 - 8;

class Icmpv6Socket {
 public:
  /// Needs CAP_NET_RAW.
  static Result<Icmpv6Socket> Open();

  /// RFC 4443 3.2, F-42: tells `source` that its `packet`, which begins with the IPv6 header, is larger than
  /// `mtu`. The kernel chooses route and source address. Does not block.
  Result<void> SendPacketTooBig(const Ipv6Address& source, std::uint32_t mtu,
                                std::span<const std::uint8_t> packet) const;

 private:
  explicit Icmpv6Socket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace bpfcast
