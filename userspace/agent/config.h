// Config: what an operator asks for, checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "membership/timing.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

/// `hook` of an interface.
enum class HookSetting : std::uint8_t { kAuto, kXdp, kTc };

struct InterfaceConfig {
  std::string name;
  HookSetting hook = HookSetting::kAuto;
  SourceCheck source_check = SourceCheck::kSubnet;
  std::vector<Prefix<Ipv4Address>> other_sources;  // altnet
  std::uint8_t ttl_threshold = 1;                  // F-08
  AccessList<Igmp> access;  // downstream: what hosts may ask for (C-85); upstream: what is asked (E-08)
  Version version = Version::kV3;  // C-60
  OlderQueriers older_queriers = OlderQueriers::kFollow;
  FastLeave fast_leave = FastLeave::kOff;
  ForeignQuerier foreign_querier = ForeignQuerier::kStopForwarding;
  Timing timing;

  bool operator==(const InterfaceConfig&) const = default;
};

struct Config {
  InterfaceConfig upstream;
  std::vector<InterfaceConfig> downstreams;
  /// What becomes of interfaces with an IPv4 address that are neither named nor in `disabled`: downstreams of
  /// this form, or nothing.
  std::optional<InterfaceConfig> default_downstream;
  std::vector<std::string> disabled;
  std::string user;                   // give up root for this user once everything is set up; empty: stay
  std::vector<std::string> warnings;  // legal but unwise, as file:line:column: text

  /// What becomes of an interface that `downstreams` does not name; nothing when it has no role.
  std::optional<InterfaceConfig> UnnamedDownstream(const std::string& interface) const;
};

/// Everything that is wrong, as file:line:column: what, and what was meant; in the order of the file.
using ConfigProblems = std::vector<std::string>;

tl::expected<Config, ConfigProblems> LoadConfig(const std::string& path);

/// `file` is for messages only.
tl::expected<Config, ConfigProblems> ParseConfig(std::string_view text, const std::string& file);

}  // namespace bpfcast
