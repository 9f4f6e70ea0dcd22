#include "config/igmpproxy_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "config/networks.h"

namespace bpfcast {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Ipv4Address> ParseLooseAddress(std::string_view text) {
  in_addr parsed{};
  if (inet_aton(std::string(text).c_str(), &parsed) == 0 || parsed.s_addr == INADDR_NONE) return std::nullopt;
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &parsed.s_addr, bytes.size());
  return Ipv4Address(bytes);
}

}  // namespace

LooseNumber ParseLooseNumber(std::string_view text) {
  constexpr std::int64_t kFar = std::int64_t{1} << 40;
  LooseNumber number;
  std::size_t i = 0;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) ++i;
  const std::size_t digits = i;
  for (; i < text.size() && IsDigit(text[i]); ++i)
    number.value = std::min(kFar, number.value * 10 + (text[i] - '0'));
  number.exact = digits == (negative ? 1U : 0U) && i > digits && i == text.size();
  if (negative) number.value = -number.value;
  return number;
}

std::optional<LooseNetwork> ParseLooseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = ParseLooseAddress(address_text);
  if (!address) return std::nullopt;
  Prefix<Ipv4Address> network{*address, Ipv4Address::kBits};
  LooseNetwork result;

  const std::size_t bits_at =
      slash == std::string_view::npos ? std::string_view::npos : text.find_first_not_of('/', slash);
  const bool has_bits = bits_at != std::string_view::npos;
  bool exact_bits = slash == std::string_view::npos || bits_at == slash + 1;
  if (has_bits) {
    const LooseNumber bits = ParseLooseNumber(text.substr(bits_at));
    if (bits.value < 0 || bits.value > static_cast<std::int64_t>(Ipv4Address::kBits)) return std::nullopt;
    network.length = static_cast<unsigned>(bits.value);
    exact_bits = exact_bits && bits.exact;
  }
  result.network = network.WithoutHostBits();
  if (Ipv4Address::Parse(address_text) != *address || !exact_bits) {
    result.doubt = "is not written as a network usually is";
  } else if (result.network != network) {
    result.doubt = "has bits behind its prefix length";
  } else if (!has_bits && address->bytes()[3] == 0) {
    result.doubt = "has no prefix length";
  }
  return result;
}

}  // namespace bpfcast
