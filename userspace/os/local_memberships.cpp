#include "os/local_memberships.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace bpfcast {
namespace {

constexpr const char* kPath = "/proc/net/igmp";

template <class Number>
std::optional<Number> TakeNumber(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

}  // namespace

// Idx  Device    : Count Querier  Group    Users Timer    Reporter
// 2    eth0      :     2      V3
//                                 FB0000E0     1 0:00000000  0
LocalMemberships ParseProcNetIgmp(std::string_view text) {
  LocalMemberships memberships;
  std::optional<std::uint32_t> ifindex;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (line[0] != '\t' && line[0] != ' ') {
      ifindex = TakeNumber<std::uint32_t>(line, 10);
      continue;
    }
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const auto group = TakeNumber<std::uint32_t>(line, 16);
    if (!ifindex || !group) continue;
    // The address is printed as this machine reads its octets as a number.
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &*group, bytes.size());
    memberships[*ifindex].push_back(Ipv4Address(bytes));
  }
  return memberships;
}

Result<LocalMemberships> ReadLocalMemberships() {
  std::ifstream file(kPath);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Fail(std::string("read ") + kPath + ": failed; local members of groups stay unknown");
  return ParseProcNetIgmp(text.str());
}

}  // namespace bpfcast
