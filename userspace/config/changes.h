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
  std::string interface;  // empty: the whole proxy
  std::string setting;  // its key; "role" where an interface begins or ends to be a downstream, "proxy" where
                        // a proxy does
  std::optional<PrintedValue> before;
  std::optional<PrintedValue> after;
  TakesEffect effect = TakesEffect::kAtOnce;
  std::string proxy = {};  // its name; empty: all of the file, or the only one

  /// Of two lists: what is only in the new one, only in the old one.
  std::vector<std::string> Added() const;
  std::vector<std::string> Removed() const;
  /// "lan1: query-interval 125 s -> 60 s"
  std::string ToSentence() const;
};

/// Roles first, in the order of the wanted file. Nothing is told of the settings of an interface that begins
/// or ends, nor of a family that begins or ends, nor of what follows from other settings before and after.
std::vector<ConfigChange> ChangesOf(const Config& running, const Config& wanted);

/// Of what concerns the whole file alone.
std::vector<ConfigChange> ChangesOfFile(const Config& running, const Config& wanted);

/// Of a proxy that begins or ends that alone is told.
ConfigChange BeginOf(const std::string& proxy);
ConfigChange EndOf(const std::string& proxy);

/// What takes effect at the next start stays in `wanted` as it is in `running`, so that it goes on to be told
/// as a change until then.
void KeepUntilNextStart(const Config& running, Config& wanted);
/// The same of what concerns the whole file: a proxy that begins has it as those that run.
void KeepOfFileUntilNextStart(const Config& running, Config& wanted);

}  // namespace bpfcast
