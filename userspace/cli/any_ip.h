// An address of either family, as users write it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/address.h"

namespace bpfcast {

using AnyIp = std::variant<Ipv4Address, Ipv6Address>;

inline std::optional<AnyIp> ParseIp(const std::string& text) {
  if (const auto ipv4 = Ipv4Address::Parse(text)) return *ipv4;
  if (const auto ipv6 = Ipv6Address::Parse(text)) return *ipv6;
  return std::nullopt;
}

inline std::string TextOf(const AnyIp& address) {
  return std::visit([](const auto& each) { return each.ToString(); }, address);
}

inline bool IsIpv6(const AnyIp& address) {
  return std::holds_alternative<Ipv6Address>(address);
}

inline bool IsMulticast(const AnyIp& address) {
  return std::visit([](const auto& each) { return each.IsMulticast(); }, address);
}

}  // namespace bpfcast
