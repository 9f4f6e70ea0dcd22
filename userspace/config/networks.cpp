#include "config/networks.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bpfcast {
namespace {

constexpr const char* kNetworkLooksLike =
    R"(is not a network; write "192.0.2.0/24", "2001:db8::/32" or one address)";
constexpr std::string_view kDigits = "0123456789abcdef";

std::optional<unsigned> ParseLength(std::string_view bits) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), length);
  if (error != std::errc() || end != bits.data() + bits.size()) return std::nullopt;
  return length;
}

template <class Address>
Result<Prefix<Address>> ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::Parse(text.substr(0, slash));
  if (!address) return Fail(kNetworkLooksLike);
  if (slash == std::string_view::npos) return Prefix<Address>{*address, Address::kBits};
  const auto length = ParseLength(text.substr(slash + 1));
  if (!length) return Fail(kNetworkLooksLike);
  if (*length > Address::kBits) {
    return Fail("has a prefix length of more than " + std::to_string(Address::kBits) + " bits");
  }
  return Prefix<Address>{*address, *length};
}

/// Where the x of "ffx5::/16" or "ff3x::/32" is.
std::optional<std::size_t> Wildcard(std::string_view text) {
  const std::size_t x = text.find_first_of("xX");
  const std::string_view begin = text.substr(0, 2);
  if ((begin != "ff" && begin != "FF") || (x != 2 && x != 3)) return std::nullopt;
  return x;
}

Result<Networks> ParseWildcard(std::string_view text, std::size_t x) {
  constexpr unsigned kFlagsAndScopeEnd = 16;
  Networks networks;
  std::string each(text);
  for (const char digit : kDigits) {
    each[x] = digit;
    const auto network = ParseNetwork<Ipv6Address>(each);
    if (!network) return tl::unexpected(network.error());
    if (network->length < kFlagsAndScopeEnd) {
      return Fail("has a prefix length of less than 16 bits, which does not reach behind the x");
    }
    networks.ipv6.push_back(*network);
  }
  return networks;
}

/// The text that gives the 16 networks from `first` on, in this order; nothing when no wildcard does.
std::optional<std::string> Together(const std::vector<Prefix<Ipv6Address>>& networks, std::size_t first) {
  if (networks.size() - first < kDigits.size()) return std::nullopt;
  for (const std::size_t x : {std::size_t{2}, std::size_t{3}}) {
    std::string text = networks[first].ToString();
    if (!text.starts_with("ff")) return std::nullopt;
    text[x] = 'x';
    const auto all = ParseNetworks(text);
    const auto begin = networks.begin() + static_cast<std::ptrdiff_t>(first);
    if (all && std::equal(all->ipv6.begin(), all->ipv6.end(), begin)) return text;
  }
  return std::nullopt;
}

}  // namespace

void Networks::Append(const Networks& other) {
  ipv4.insert(ipv4.end(), other.ipv4.begin(), other.ipv4.end());
  ipv6.insert(ipv6.end(), other.ipv6.begin(), other.ipv6.end());
}

std::vector<std::string> Networks::ToTexts() const {
  std::vector<std::string> texts;
  for (const auto& network : ipv4) texts.push_back(network.ToString());
  for (std::size_t i = 0; i < ipv6.size();) {
    const auto together = Together(ipv6, i);
    texts.push_back(together ? *together : ipv6[i].ToString());
    i += together ? kDigits.size() : 1;
  }
  return texts;
}

std::string Networks::ToString() const {
  if (empty()) return "[]";
  std::string text;
  for (const std::string& network : ToTexts()) text += (text.empty() ? "" : ",") + network;
  return text;
}

Result<Networks> ParseNetworks(std::string_view text) {
  if (const auto x = Wildcard(text)) return ParseWildcard(text, *x);
  Networks networks;
  if (text.find(':') == std::string_view::npos) {
    const auto network = ParseNetwork<Ipv4Address>(text);
    if (!network) return tl::unexpected(network.error());
    networks.ipv4.push_back(*network);
  } else {
    const auto network = ParseNetwork<Ipv6Address>(text);
    if (!network) return tl::unexpected(network.error());
    networks.ipv6.push_back(*network);
  }
  return networks;
}

}  // namespace bpfcast
