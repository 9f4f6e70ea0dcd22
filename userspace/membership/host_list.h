// HostList: whose reports count on a link, beside which groups and sources they may ask for (C-85).
#pragma once

#include <vector>

#include "membership/allowed.h"
#include "wire/family.h"

namespace bpfcast {

template <class F>
struct HostList {
  using Address = typename F::Address;

  Allowed<Address> allowed;
  std::vector<Prefix<Address>> denied{};  // whatever is allowed

  /// An IGMP report from 0.0.0.0 is nobody's that is known: permitted unless who may is listed.
  bool Permits(const Address& host) const {
    return Allowed<Address>::Find(denied, host) == nullptr && allowed.Has(host);
  }

  bool operator==(const HostList&) const = default;
};

}  // namespace bpfcast
