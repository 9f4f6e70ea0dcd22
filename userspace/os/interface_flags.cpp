#include "os/interface_flags.h"

#include <linux/if.h>

#include <utility>

#include "os/netlink.h"

namespace bpfcast {

AllMulticast::AllMulticast(AllMulticast&& other) noexcept : ifindex_(std::exchange(other.ifindex_, 0)) {}

AllMulticast& AllMulticast::operator=(AllMulticast&& other) noexcept {
  std::swap(ifindex_, other.ifindex_);
  return *this;
}

Result<AllMulticast> AllMulticast::Enable(const Link& link) {
  AllMulticast held;
  if (link.all_multicast) return held;
  auto netlink = Netlink::Open(0);
  if (!netlink) return tl::unexpected(netlink.error());
  if (const auto set = netlink->ChangeFlags(link.ifindex, IFF_ALLMULTI, IFF_ALLMULTI); !set) {
    return Fail("set allmulticast on " + link.name + ": " + set.error().message);
  }
  held.ifindex_ = link.ifindex;
  return held;
}

AllMulticast::~AllMulticast() {
  if (ifindex_ == 0) return;
  auto netlink = Netlink::Open(0);
  // An interface that is gone took its flag along.
  if (netlink) static_cast<void>(netlink->ChangeFlags(ifindex_, 0, IFF_ALLMULTI));
}

}  // namespace bpfcast
