// ByteReader: a cursor over received octets that cannot leave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"

namespace bpfcast {

/// Big-endian reads. A read past the end yields zero, moves to the end and clears ok(), for good. So a parser
/// may read a whole structure and ask once; where a count rules a loop, Has() bounds it first.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return rest_.size(); }
  bool Has(std::size_t count) const { return count <= rest_.size(); }

  std::uint8_t U8() { return Array<1>()[0]; }
  std::uint16_t U16() {
    const auto b = Array<2>();
    return static_cast<std::uint16_t>(b[0] << 8 | b[1]);
  }
  /// An Ipv4Address or Ipv6Address.
  template <class A>
  A Address() {
    return A(Array<A::kBytes>());
  }
  void Skip(std::size_t count) { Take(count); }

  /// The next `count` octets; empty when there are fewer.
  std::span<const std::uint8_t> Take(std::size_t count) {
    if (!Has(count)) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

 private:
  template <std::size_t N>
  std::array<std::uint8_t, N> Array() {
    std::array<std::uint8_t, N> out{};
    const auto taken = Take(N);
    std::copy(taken.begin(), taken.end(), out.begin());
    return out;
  }

  std::span<const std::uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace bpfcast
