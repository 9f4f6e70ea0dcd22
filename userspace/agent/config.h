// Config: what an operator asks for, checked.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "membership/timing.h"
#include "routing/datapath.h"

namespace bpfcast {

/// `hook` of an interface.
enum class HookSetting : std::uint8_t { kAuto, kXdp, kTc };

struct InterfaceConfig {
  std::string name;
  HookSetting hook = HookSetting::kAuto;
  SourceCheck source_check = SourceCheck::kSubnet;
  Timing timing;
};

struct Config {
  InterfaceConfig upstream;
  std::vector<InterfaceConfig> downstreams;
  std::vector<std::string> warnings;  // legal but unwise, as file:line:column: text
};

/// Everything that is wrong, as file:line:column: what, and what was meant; in the order of the file.
using ConfigProblems = std::vector<std::string>;

tl::expected<Config, ConfigProblems> LoadConfig(const std::string& path);

/// `file` is for messages only.
tl::expected<Config, ConfigProblems> ParseConfig(std::string_view text, const std::string& file);

}  // namespace bpfcast
