// AllMulticast: opens an interface's multicast MAC filter, and closes it again if it was closed before.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "os/link_monitor.h"

namespace bpfcast {

/// Holds IFF_ALLMULTI on one interface. The flag, not a packet socket's membership: it outlives a crash, so a
/// stream that the datapath goes on forwarding does too.
class AllMulticast {
 public:
  AllMulticast() = default;
  AllMulticast(AllMulticast&& other) noexcept;
  AllMulticast& operator=(AllMulticast&& other) noexcept;
  ~AllMulticast();

  /// Sets the flag unless somebody set it already: that flag is not ours to clear.
  static Result<AllMulticast> Enable(const Link& link);

 private:
  std::uint32_t ifindex_ = 0;  // 0: nothing to clear
};

}  // namespace bpfcast
