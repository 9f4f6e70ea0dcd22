#include "os/local_memberships.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace bpfcast {
namespace {

template <class F>
constexpr const char* kPath = nullptr;
template <>
constexpr const char* kPath<Igmp> = "/proc/net/igmp";
template <>
constexpr const char* kPath<Mld> = "/proc/net/igmp6";

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The first word; `line` is then what follows it.
std::string_view TakeWord(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

/// The number at the beginning of the text.
template <class Number>
std::optional<Number> ToNumber(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

}  // namespace

// Idx  Device    : Count Querier  Group    Users Timer    Reporter
// 2    eth0      :     2      V3
//                                 FB0000E0     1 0:00000000  0
template <>
LocalMemberships<Igmp> ParseLocalMemberships<Igmp>(std::string_view text) {
  LocalMemberships<Igmp> memberships;
  std::optional<std::uint32_t> ifindex;
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    if (line.empty()) continue;
    if (line[0] != '\t' && line[0] != ' ') {
      ifindex = ToNumber<std::uint32_t>(line, 10);
      continue;
    }
    const auto group = ToNumber<std::uint32_t>(TakeWord(line), 16);
    const auto users = ToNumber<std::uint32_t>(TakeWord(line), 10);
    if (!ifindex || !group || !users) continue;
    // The address is printed as this machine reads its octets as a number.
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &*group, bytes.size());
    memberships[*ifindex].push_back({Ipv4Address(bytes), *users});
  }
  return memberships;
}

// 2    eth0            ff0200000000000000000001ff000001     1 00000004 0
template <>
LocalMemberships<Mld> ParseLocalMemberships<Mld>(std::string_view text) {
  LocalMemberships<Mld> memberships;
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    const auto ifindex = ToNumber<std::uint32_t>(TakeWord(line), 10);
    TakeWord(line);  // device
    const std::string_view group = TakeWord(line);
    std::array<std::uint8_t, 16> bytes{};
    const bool valid = ifindex.has_value() && group.size() == 2 * bytes.size() &&
                       group.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    for (std::size_t i = 0; valid && i < bytes.size(); ++i) {
      bytes[i] = ToNumber<std::uint8_t>(group.substr(2 * i, 2), 16).value_or(0);
    }
    const auto users = ToNumber<std::uint32_t>(TakeWord(line), 10);
    if (valid && users) memberships[*ifindex].push_back({Ipv6Address(bytes), *users});
  }
  return memberships;
}

template <class F>
Result<LocalMemberships<F>> ReadLocalMemberships() {
  const char* path = kPath<F>;
  std::ifstream file(path);
  if (!file && errno == ENOENT) return LocalMemberships<F>();
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Fail(std::string("read ") + path + ": failed; local members of groups stay unknown");
  return ParseLocalMemberships<F>(text.str());
}

template Result<LocalMemberships<Igmp>> ReadLocalMemberships<Igmp>();
template Result<LocalMemberships<Mld>> ReadLocalMemberships<Mld>();

}  // namespace bpfcast
