// What is in effect by a configuration: each setting with its value and where that comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/printed.h"

namespace bpfcast {

enum class Settings : std::uint8_t {
  kNotDefault,  // those that have another value than by default, and the roles
  kAll,
};

struct EffectiveSetting {
  std::string_view key;
  PrintedValue value;
  std::string origin;  // "bpfcast.toml:12", "default", "follows query-interval"
};

struct EffectiveTable {
  std::string interface;  // empty: the top; "*": every interface that is not named
  PortRole role = PortRole::kDownstream;
  std::vector<EffectiveSetting> settings;
};

/// The top, then the upstream, the downstreams, and the others if they are downstreams.
std::vector<EffectiveTable> EffectiveSettings(const Config& config, Settings which);

}  // namespace bpfcast
