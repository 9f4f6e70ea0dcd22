// The words of each family, for logs and views.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "wire/family.h"

namespace bpfcast {

template <class F>
struct FamilyWords;

template <>
struct FamilyWords<Igmp> {
  static constexpr std::string_view kFamily = "ipv4";
  static constexpr std::string_view kIp = "IPv4";
  static constexpr Subsystem kSubsystem = Subsystem::kIgmp;
  /// A version in the protocol's own count.
  static constexpr int Number(Version version) { return static_cast<int>(version); }
  static constexpr std::string_view kVersionKey = "version";                    // of the configuration
  static constexpr std::string_view kToBeTheQuerier = "an address lower than";  // C-51
};

template <>
struct FamilyWords<Mld> {
  static constexpr std::string_view kFamily = "ipv6";
  static constexpr std::string_view kIp = "IPv6";
  static constexpr Subsystem kSubsystem = Subsystem::kMld;
  static constexpr int Number(Version version) { return static_cast<int>(version) - 1; }
  static constexpr std::string_view kVersionKey = "mld-version";
  static constexpr std::string_view kToBeTheQuerier =
      "a link-local address with a lower interface identifier than";  // C-52
};

/// Every version of the protocol, the oldest first.
template <class F>
std::vector<Version> Versions() {
  std::vector<Version> versions;
  for (auto number = static_cast<int>(F::kOldestVersion); number <= static_cast<int>(Version::kV3);
       ++number) {
    versions.push_back(static_cast<Version>(number));
  }
  return versions;
}

/// "IGMPv3", "MLDv2"
template <class F>
std::string ProtocolName(Version version) {
  return std::string(F::kName) + "v" + std::to_string(FamilyWords<F>::Number(version));
}

}  // namespace bpfcast
