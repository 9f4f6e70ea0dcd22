// F-09: which addresses can be the source of a stream that is forwarded.
#pragma once

#include "wire/family.h"

namespace bpfcast {

constexpr bool IsForwardable(const Ipv4Address&) {
  return true;
}

constexpr bool IsForwardable(const Ipv6Address& source) {
  return !Mld::IsLinkLocal(source);
}

}  // namespace bpfcast
