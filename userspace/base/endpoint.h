// Endpoint: an IP address with a port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/address.h"
#include "base/result.h"

namespace bpfcast {

struct Endpoint {
  std::variant<Ipv4Address, Ipv6Address> address;
  std::uint16_t port = 0;

  /// "127.0.0.1:9715", "[::1]:9715". The error is a half sentence that says what is wrong with it.
  static Result<Endpoint> Parse(std::string_view text);
  std::string ToString() const;

  bool operator==(const Endpoint&) const = default;
};

}  // namespace bpfcast
