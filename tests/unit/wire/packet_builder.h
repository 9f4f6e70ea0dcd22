// Packets from octets, as the conformance tests are written. Independent of the code under test on purpose.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message.h"

namespace bpfcast::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes Hex(std::string_view hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

/// Big-endian octets, one field after the other.
class Octets {
 public:
  Octets& U8(std::size_t value) {
    bytes_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Octets& U16(std::size_t value) { return U8(value >> 8).U8(value & 0xff); }
  Octets& Add(const Bytes& bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  template <std::size_t N>
  Octets& Address(const IpAddress<N>& address) {
    return Add(Bytes(address.bytes().begin(), address.bytes().end()));
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// The checksum of RFC 1071 over `bytes` and, before them, `pseudo_header`.
inline std::uint16_t SumOf(const Bytes& bytes, const Bytes& pseudo_header = {}) {
  std::uint32_t sum = 0;
  for (const Bytes* part : {&pseudo_header, &bytes}) {
    for (std::size_t i = 0; i < part->size(); ++i) sum += i % 2 == 0 ? (*part)[i] * 256u : (*part)[i];
  }
  while (sum >= 0x10000) sum = sum % 0x10000 + sum / 0x10000;
  return static_cast<std::uint16_t>(~sum);
}

/// Puts the checksum over the first `length` octets at `offset`.
inline void PutSum(Bytes& bytes, std::size_t offset, std::size_t length, const Bytes& pseudo_header = {}) {
  bytes[offset] = bytes[offset + 1] = 0;
  const std::uint16_t sum =
      SumOf(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)), pseudo_header);
  bytes[offset] = static_cast<std::uint8_t>(sum >> 8);
  bytes[offset + 1] = static_cast<std::uint8_t>(sum);
}

inline std::uint64_t Sum(const DropCounters& counters) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i)
    sum += counters[static_cast<DropReason>(i)];
  return sum;
}

/// One Parse() with what it left out.
template <class F>
struct ParsingOf {
  ParsingOf(const Bytes& packet, const ReceiveRules<F>& rules)
      : result(Codec<F>::Parse(packet, rules, left_out)) {}

  DropCounters left_out;
  ParsedPacket<F> result;

  std::uint64_t LeftOut() const { return Sum(left_out); }
  /// "accepted" or the name of the reason.
  std::string Outcome() const { return result ? "accepted" : std::string(ToString(result.error().reason)); }
  /// The parsed message; an empty one, and a failure, when it is of the other kind or was dropped.
  Query<F> AsQuery() const { return As<Query<F>>(); }
  Report<F> AsReport() const { return As<Report<F>>(); }

 private:
  template <class T>
  T As() const {
    if (result && std::holds_alternative<T>(result->message)) return std::get<T>(result->message);
    ADD_FAILURE() << "not the expected message: " << Outcome();
    return {};
  }
};

}  // namespace bpfcast::test
