#include "cli/option_values.h"

#include <net/if.h>
#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <cmath>

#include "base/zone.h"

namespace bpfcast {
namespace {

template <class Number>
std::optional<Number> Whole(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::uint64_t> NumberFrom(const Invocation& invocation, const std::string& key, NumberRange range,
                                 std::uint64_t otherwise) {
  if (!invocation.Has(key)) return otherwise;
  const std::string text = invocation.Get(key);
  const auto number = Whole<std::uint64_t>(text);
  if (!number || *number < range.least || *number > range.most) {
    return Fail(
        fmt::format("--{} {}: give a whole number from {} to {}", key, text, range.least, range.most));
  }
  return *number;
}

Result<std::optional<std::chrono::nanoseconds>> SecondsFrom(const Invocation& invocation,
                                                            const std::string& key) {
  constexpr double kMost = 1e9;  // fits into nanoseconds
  if (!invocation.Has(key)) return std::nullopt;
  const std::string text = invocation.Get(key);
  const auto seconds = Whole<double>(text);
  if (!seconds || !(*seconds > 0 && *seconds <= kMost)) {
    return Fail(fmt::format("--{} {}: give a number of seconds, as in 10 or 0.5", key, text));
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(*seconds * 1e9)));
}

Result<std::vector<AnyIp>> AddressesFrom(const Invocation& invocation, const std::string& key) {
  std::vector<AnyIp> addresses;
  for (const std::string& text : invocation.All(key)) {
    const auto address = ParseIp(text);
    if (!address || IsMulticast(*address)) {
      return Fail(
          fmt::format("--{} {}: give the address of a sender, as in 10.0.0.1 or 2001:db8::1", key, text));
    }
    addresses.push_back(*address);
  }
  return addresses;
}

Result<std::vector<AnyIp>> GroupsFrom(const Invocation& invocation, const std::string& key) {
  std::vector<AnyIp> groups;
  for (const std::string& text : invocation.All(key)) {
    const auto group = ParseIp(text);
    if (const auto zone = ZoneOf(text); !zone.empty()) {
      return Fail(fmt::format("{}: give the group without {}, and the interface as --interface {}", text,
                              zone, zone.substr(1)));
    }
    if (!group || !IsMulticast(*group)) {
      return Fail(fmt::format(
          "{} is no multicast group: give one of 224.0.0.0/4 or ff00::/8, as in 239.1.2.3", text));
    }
    groups.push_back(*group);
  }
  if (groups.empty()) return Fail("name a group, as in 239.1.2.3");
  return groups;
}

Result<unsigned> InterfaceFrom(const Invocation& invocation, const std::string& key) {
  if (!invocation.Has(key)) return 0U;
  const std::string name = invocation.Get(key);
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) {
    return Fail(fmt::format("--{} {}: there is no such interface here; `ip link` shows those that there are",
                            key, name));
  }
  return index;
}

}  // namespace bpfcast
