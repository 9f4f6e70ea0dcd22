// ReversePath: through which interfaces the kernel's unicast routes send to an address.
#pragma once

#include <cstdint>
#include <memory>

#include "base/address.h"

struct mnl_socket;

namespace bpfcast {

class ReversePath {
 public:
  ReversePath();
  ~ReversePath();
  ReversePath(const ReversePath&) = delete;
  ReversePath& operator=(const ReversePath&) = delete;

  /// False also when there is no route, or the kernel cannot be asked. Of several paths each counts.
  bool LeadsTo(const Ipv4Address& address, std::uint32_t ifindex);
  bool LeadsTo(const Ipv6Address& address, std::uint32_t ifindex);

 private:
  template <class Address>
  bool Ask(std::uint8_t family, const Address& address, std::uint32_t ifindex);

  mnl_socket* socket_;
};

}  // namespace bpfcast
