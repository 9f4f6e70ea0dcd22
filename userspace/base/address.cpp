#include "base/address.h"

#include <charconv>
#include <vector>

namespace bpfcast {
namespace {

/// One decimal octet without sign or leading zeros; advances `text`.
std::optional<std::uint8_t> TakeOctet(std::string_view& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || value > 255 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<std::uint8_t>(value);
}

/// Dotted decimal may stand for the last 32 bits of an address only (RFC 4291 2.2).
enum class Dotted : std::uint8_t { kRefused, kAtTheEnd };

/// Appends the 16-bit groups of one side of "::" to `words`; false on anything that is not RFC 4291 text.
bool AppendGroups(std::string_view text, Dotted dotted, std::vector<std::uint16_t>& words) {
  if (text.empty()) return true;
  for (;;) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (dotted == Dotted::kAtTheEnd && colon == std::string_view::npos &&
        part.find('.') != std::string_view::npos) {
      const auto v4 = Ipv4Address::Parse(part);
      if (!v4) return false;
      const auto& b = v4->bytes();
      words.push_back(static_cast<std::uint16_t>(b[0] << 8 | b[1]));
      words.push_back(static_cast<std::uint16_t>(b[2] << 8 | b[3]));
      return true;
    }
    std::uint16_t word = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), word, 16);
    if (part.empty() || part.size() > 4 || error != std::errc() || end != part.data() + part.size())
      return false;
    words.push_back(word);
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

template <>
std::optional<Ipv4Address> Ipv4Address::Parse(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) {
      if (text.empty() || text[0] != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    const auto octet = TakeOctet(text);
    if (!octet) return std::nullopt;
    bytes[i] = *octet;
  }
  if (!text.empty()) return std::nullopt;
  return Ipv4Address(bytes);
}

template <>
std::string Ipv4Address::ToString() const {
  std::string text;
  for (const std::uint8_t byte : bytes_) {
    if (!text.empty()) text += '.';
    text += std::to_string(byte);
  }
  return text;
}

template <>
std::optional<Ipv6Address> Ipv6Address::Parse(std::string_view text) {
  std::vector<std::uint16_t> head;
  std::vector<std::uint16_t> tail;
  const std::size_t gap = text.find("::");
  const bool whole = gap == std::string_view::npos;
  if (!AppendGroups(text.substr(0, gap), whole ? Dotted::kAtTheEnd : Dotted::kRefused, head))
    return std::nullopt;
  if (whole) {
    if (head.size() != 8) return std::nullopt;
  } else {
    if (!AppendGroups(text.substr(gap + 2), Dotted::kAtTheEnd, tail) || head.size() + tail.size() > 7)
      return std::nullopt;
    head.resize(8 - tail.size());
    head.insert(head.end(), tail.begin(), tail.end());
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(head[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(head[i]);
  }
  return Ipv6Address(bytes);
}

template <>
std::string Ipv6Address::ToString() const {
  std::array<unsigned, 8> words{};
  for (std::size_t i = 0; i < 8; ++i)
    words[i] = static_cast<unsigned>(bytes_[2 * i] << 8 | bytes_[2 * i + 1]);
  // RFC 5952 4.2: the longest run of at least two zero groups, the first of equals, becomes "::".
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && words[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = end + 1;
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), words[i], 16);
    static_cast<void>(error);  // four hex digits always fit
    text.append(digits.data(), end);
  }
  return text;
}

MacAddress MulticastMac(const Ipv4Address& group) {
  const auto& b = group.bytes();
  return {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7f), b[2], b[3]};
}

MacAddress MulticastMac(const Ipv6Address& group) {
  const auto& b = group.bytes();
  return {0x33, 0x33, b[12], b[13], b[14], b[15]};
}

}  // namespace bpfcast
