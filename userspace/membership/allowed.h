// Allowed: networks of which alone something is allowed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/address.h"

namespace bpfcast {

/// Every address unless it was made of a list; of an empty list none.
template <class Address>
class Allowed {
 public:
  using Networks = std::vector<Prefix<Address>>;

  Allowed() = default;
  explicit Allowed(Networks networks) : which_(Which::kListed), networks_(std::move(networks)) {}

  bool IsListed() const { return which_ == Which::kListed; }
  /// The list; empty without one.
  const Networks& networks() const { return networks_; }

  bool Has(const Address& address) const { return !IsListed() || Find(networks_, address) != nullptr; }
  bool HasAll() const {
    return !IsListed() || std::any_of(networks_.begin(), networks_.end(),
                                      [](const Prefix<Address>& each) { return each.length == 0; });
  }

  /// The network that has the address; null when none has.
  static const Prefix<Address>* Find(const Networks& networks, const Address& address) {
    const auto found = std::find_if(networks.begin(), networks.end(),
                                    [&](const Prefix<Address>& each) { return each.Contains(address); });
    return found == networks.end() ? nullptr : &*found;
  }

  bool operator==(const Allowed&) const = default;

 private:
  enum class Which : std::uint8_t { kAll, kListed };
  Which which_ = Which::kAll;
  Networks networks_;
};

}  // namespace bpfcast
