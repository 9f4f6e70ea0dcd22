// What one configuration says otherwise than another, setting by setting.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/printed.h"
#include "config/top_keys.h"

namespace bpfcast {

struct ConfigChange {
  std::string interface;  // empty: the whole instance
  std::string setting;    // its key; "role" where an interface begins or ends to be a downstream
  std::optional<PrintedValue> before;
  std::optional<PrintedValue> after;
  TakesEffect effect = TakesEffect::kAtOnce;

  /// Of two lists: what is only in the new one, only in the old one.
  std::vector<std::string> Added() const;
  std::vector<std::string> Removed() const;
  /// "lan1: query-interval 125 s -> 60 s"
  std::string ToSentence() const;
};

/// Roles first, in the order of the wanted file. Nothing is told of the settings of an interface that begins
/// or ends, nor of a family that begins or ends, nor of what follows from other settings before and after.
std::vector<ConfigChange> ChangesOf(const Config& running, const Config& wanted);

/// What takes effect at the next start stays in `wanted` as it is in `running`, so that it goes on to be told
/// as a change until then.
void KeepUntilNextStart(const Config& running, Config& wanted);

}  // namespace bpfcast
