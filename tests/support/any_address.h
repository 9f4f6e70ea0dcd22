// An address of either family, so that streams, captures and sockets of the bed are one text for both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <variant>

#include "base/address.h"

namespace bpfcast::test {

enum class IpVersion : std::uint8_t { k4 = 4, k6 = 6 };

/// Octets of an address.
constexpr std::size_t Width(IpVersion version) {
  return version == IpVersion::k4 ? Ipv4Address::kBytes : Ipv6Address::kBytes;
}

class AnyAddress {
 public:
  AnyAddress() = default;  // 0.0.0.0
  // Implicit: an address of a known family is one of any.
  AnyAddress(const Ipv4Address& address) : value_(address) {}
  AnyAddress(const Ipv6Address& address) : value_(address) {}

  /// `bytes` in network order, as many as the version has.
  static AnyAddress FromBytes(IpVersion version, std::span<const std::uint8_t> bytes) {
    if (version == IpVersion::k4) return Ipv4Address::FromBytes(bytes.first<Ipv4Address::kBytes>());
    return Ipv6Address::FromBytes(bytes.first<Ipv6Address::kBytes>());
  }
  static AnyAddress Unspecified(IpVersion version) {
    return version == IpVersion::k4 ? AnyAddress(Ipv4Address()) : AnyAddress(Ipv6Address());
  }

  IpVersion version() const {
    return std::holds_alternative<Ipv4Address>(value_) ? IpVersion::k4 : IpVersion::k6;
  }
  std::span<const std::uint8_t> bytes() const {
    return std::visit([](const auto& address) { return std::span<const std::uint8_t>(address.bytes()); },
                      value_);
  }
  bool IsUnspecified() const { return *this == Unspecified(version()); }
  std::string ToString() const {
    return std::visit([](const auto& address) { return address.ToString(); }, value_);
  }

  friend auto operator<=>(const AnyAddress&, const AnyAddress&) = default;
  friend std::ostream& operator<<(std::ostream& out, const AnyAddress& address) {
    return out << address.ToString();
  }

 private:
  std::variant<Ipv4Address, Ipv6Address> value_;
};

/// For addresses written in a test; throws when the text is not one.
inline Ipv6Address Ipv6(const std::string& text) {
  return Ipv6Address::Parse(text).value();
}

}  // namespace bpfcast::test
