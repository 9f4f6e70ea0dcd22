// Networks: prefixes as an operator lists them, both families in one list; each family takes its own.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "wire/family.h"

namespace bpfcast {

struct Networks {
  std::vector<Prefix<Ipv4Address>> ipv4;
  std::vector<Prefix<Ipv6Address>> ipv6;

  bool empty() const { return ipv4.empty() && ipv6.empty(); }
  void Append(const Networks& other);
  template <class F>
  auto& Of() {
    if constexpr (std::is_same_v<F, Igmp>) {
      return ipv4;
    } else {
      return ipv6;
    }
  }
  template <class F>
  const auto& Of() const {
    if constexpr (std::is_same_v<F, Igmp>) {
      return ipv4;
    } else {
      return ipv6;
    }
  }
  /// Each as ParseNetworks() reads it.
  std::vector<std::string> ToTexts() const;
  /// The same with commas between; "[]" when it is empty.
  std::string ToString() const;

  bool operator==(const Networks&) const = default;
};

/// "192.0.2.0/24", "2001:db8::/32" or one address; host bits are kept. In "ffx5::/16" the x stands for every
/// hexadecimal digit (of the flags, or in "ff3x::/32" of the scope), so that it gives 16 networks. The error
/// says what a network looks like.
Result<Networks> ParseNetworks(std::string_view text);

/// Are all addresses of the network groups?
template <class Address>
bool IsGroupRange(const Prefix<Address>& network) {
  constexpr unsigned kGroupBits = Address::kBits == Ipv4Address::kBits ? 4 : 8;
  return network.address.IsMulticast() && network.length >= kGroupBits;
}

}  // namespace bpfcast
