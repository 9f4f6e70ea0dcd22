// Boundaries: the groups that do not pass an interface (F-50).
#pragma once

#include <algorithm>
#include <vector>

#include "base/address.h"

namespace bpfcast {

template <class Address>
bool IsBounded(const std::vector<Prefix<Address>>& boundaries, const Address& group) {
  return std::any_of(boundaries.begin(), boundaries.end(),
                     [&](const Prefix<Address>& prefix) { return prefix.Contains(group); });
}

}  // namespace bpfcast
