// IPv4 and IPv6 addresses, kept in network byte order so that they compare as the RFCs compare them.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bpfcast {

template <std::size_t N>
class IpAddress {
 public:
  static constexpr std::size_t kBytes = N;
  static constexpr unsigned kBits = N * 8;

  constexpr IpAddress() = default;
  constexpr explicit IpAddress(const std::array<std::uint8_t, N>& bytes) : bytes_(bytes) {}

  /// `bytes` in network order.
  static constexpr IpAddress FromBytes(std::span<const std::uint8_t, N> bytes) {
    IpAddress address;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    return address;
  }
  /// Dotted decimal, or RFC 4291 text. Nothing on anything else.
  static std::optional<IpAddress> Parse(std::string_view text);

  constexpr const std::array<std::uint8_t, N>& bytes() const { return bytes_; }
  constexpr bool IsUnspecified() const { return *this == IpAddress(); }
  /// 224.0.0.0/4, ff00::/8.
  constexpr bool IsMulticast() const { return N == 4 ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff; }
  /// Canonical text (RFC 5952 for IPv6).
  std::string ToString() const;

  constexpr auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, N> bytes_{};
};

using Ipv4Address = IpAddress<4>;
using Ipv6Address = IpAddress<16>;

template <>
std::optional<Ipv4Address> Ipv4Address::Parse(std::string_view text);
template <>
std::optional<Ipv6Address> Ipv6Address::Parse(std::string_view text);
template <>
std::string Ipv4Address::ToString() const;
template <>
std::string Ipv6Address::ToString() const;

constexpr Ipv4Address MakeIpv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return Ipv4Address(std::array<std::uint8_t, 4>{a, b, c, d});
}

/// `address` with the bits of `fill` in each octet behind the first `length` bits.
template <class Address>
constexpr Address FillHostBits(const Address& address, unsigned length, std::uint8_t fill) {
  auto bytes = address.bytes();
  for (unsigned bit = length; bit < Address::kBits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
    bytes[bit / 8] = static_cast<std::uint8_t>((bytes[bit / 8] & ~mask) | (fill & mask));
  }
  return Address(bytes);
}

/// An address with a prefix length; host bits are kept as given and ignored by Contains().
template <class Address>
struct Prefix {
  Address address;
  unsigned length = Address::kBits;

  constexpr bool Contains(const Address& other) const {
    const unsigned whole = length / 8;
    for (unsigned i = 0; i < whole; ++i) {
      if (address.bytes()[i] != other.bytes()[i]) return false;
    }
    if (length % 8 == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - length % 8));
    return ((address.bytes()[whole] ^ other.bytes()[whole]) & mask) == 0;
  }
  /// The first and the last address of the range.
  constexpr Address First() const { return FillHostBits(address, length, 0x00); }
  constexpr Address Last() const { return FillHostBits(address, length, 0xff); }
  constexpr Prefix WithoutHostBits() const { return {First(), length}; }
  constexpr bool operator==(const Prefix&) const = default;
  /// "192.0.2.0/24"
  std::string ToString() const { return address.ToString() + "/" + std::to_string(length); }
};

using MacAddress = std::array<std::uint8_t, 6>;

/// map(group): 01:00:5e + low 23 bits (RFC 1112 6.4), 33:33 + low 32 bits (RFC 2464 7). F-30.
MacAddress MulticastMac(const Ipv4Address& group);
MacAddress MulticastMac(const Ipv6Address& group);

}  // namespace bpfcast

template <std::size_t N>
struct std::hash<bpfcast::IpAddress<N>> {
  std::size_t operator()(const bpfcast::IpAddress<N>& address) const noexcept {
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (const std::uint8_t byte : address.bytes()) h = (h ^ byte) * 0x100000001b3ULL;
    return static_cast<std::size_t>(h ^ (h >> 29));
  }
};
