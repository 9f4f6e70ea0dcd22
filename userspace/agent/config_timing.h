// The keys of the timing variables and what they set.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "membership/timing.h"

namespace bpfcast {

/// The member of TimingConfig that a key sets: exactly one of these.
struct TimingSetting {
  Duration TimingConfig::*duration = nullptr;
  std::optional<Duration> TimingConfig::*optional_duration = nullptr;
  unsigned TimingConfig::*count = nullptr;
  std::optional<unsigned> TimingConfig::*optional_count = nullptr;
};

const std::map<std::string, TimingSetting, std::less<>>& TimingKeys();

}  // namespace bpfcast
