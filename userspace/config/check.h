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

/// "-" is what comes from standard input, and called "stdin" in what is said of it.
FileReport CheckFile(const std::string& path, Settings which);

/// The file as `bpfcast check` and `bpfcast migrate` read it, and its name.
struct FileToCheck {
  std::string name;
  tl::expected<Configs, ConfigProblems> proxies;
};
FileToCheck ReadFileToCheck(const std::string& path);
/// What is said of one that cannot be used.
FileReport Unusable(const std::string& name, ConfigProblems problems);

/// "f.conf:1:2: text" as "f.conf:1:2: warning: text".
std::string AsWarning(const std::string& file, const std::string& note);

/// The settings in effect, with origins: {"file", "toml", "settings": [{"proxy", "interface", "key", "value",
/// "origin"}]}, without a "proxy" where it has no name, without an "interface" where it is of none. Durations
/// are numbers of seconds; a value that differs between the families is {"ipv4", "ipv6"}.
std::string EffectiveJson(const Config& config, Settings which);

}  // namespace bpfcast
