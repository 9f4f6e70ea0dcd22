// The zone of an address as users write it: the interface after a '%' (RFC 4007, 11).
#pragma once

#include <string_view>

namespace bpfcast {

/// "%lan1" of "ff02::fb%lan1"; empty where there is none.
constexpr std::string_view ZoneOf(std::string_view address) {
  const auto at = address.find('%');
  return at == std::string_view::npos ? std::string_view() : address.substr(at);
}

}  // namespace bpfcast
