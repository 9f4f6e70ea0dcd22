// What is in effect by a configuration: each setting with its value and where that comes from.
#pragma once

#include <cstdint>
#include <span>
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
  std::string proxy;      // empty: of a file without names, or of the whole file
  std::string interface;  // empty: of the proxy or the file; "*": every interface that is not named
  PortRole role = PortRole::kDownstream;
  std::vector<EffectiveSetting> settings;
};

/// The top, then of each proxy its own table, where it has a name, the upstream, the downstreams, and the
/// others if they are downstreams.
std::vector<EffectiveTable> EffectiveSettings(std::span<const Config> proxies, Settings which);
std::vector<EffectiveTable> EffectiveSettings(const Config& config, Settings which);

}  // namespace bpfcast
