// What is said of one configuration file: `bpfcast check FILE`, `bpfcastd -t FILE`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/effective.h"

namespace bpfcast {

struct FileReport {
  enum class Outcome : std::uint8_t { kUsable, kUnusable };
  Outcome outcome = Outcome::kUsable;
  std::string normalised;  // the file as TOML, each value with its origin; empty when it is unusable
  std::vector<std::string> remarks;  // file:line:column: what; warnings are called so
  std::string json;                  // the same, a document of its own
};

FileReport CheckFile(const std::string& path, Settings which);

/// "f.conf:1:2: text" as "f.conf:1:2: warning: text".
std::string AsWarning(const std::string& file, const std::string& note);

/// The settings in effect, with origins: {"file", "toml", "settings": [{"proxy", "interface", "key", "value",
/// "origin"}]}, without a "proxy" where it has no name, without an "interface" where it is of none. Durations
/// are numbers of seconds; a value that differs between the families is {"ipv4", "ipv6"}.
std::string EffectiveJson(const Config& config, Settings which);

}  // namespace bpfcast
