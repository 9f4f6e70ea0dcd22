// The keys at the top of a TOML file: one table says of each what it means, when a change of it takes effect,
// how it is read and how it is printed. The reference comes from it, too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/printed.h"

namespace bpfcast {

class TomlValue;

/// What is said at the top, and then in the table of a proxy, while the file is read.
struct TopDraft {
  ServedFamilies served;
  LoopGuardMode loop_guard{};
  DatapathSetting datapath{};
  Duration lease = Config().lease;
  std::string user;
  LogSettings log;
  std::optional<Endpoint> metrics;
};

/// Whom a key of the top concerns: in a file of several proxies those of one stand in its [proxy.NAME] table.
enum class KeyScope : std::uint8_t { kProxy, kFile };
enum class TakesEffect : std::uint8_t { kAtOnce, kAtNextStart };

struct TopKey {
  std::string_view name;
  std::string_view meaning;           // a sentence without its end
  std::string (*values)() = nullptr;  // what may be written; not of tables
  TakesEffect effect = TakesEffect::kAtOnce;
  /// Not of keys that name interfaces: which of them has which role is said by all of these together.
  void (*read)(const TomlValue& value, TopDraft& draft) = nullptr;
  /// The value, or nothing where there is none to be given.
  std::optional<PrintedValue> (*print)(const Config& config) = nullptr;
  /// Only of what takes effect at the next start: gives `to` the value of `from`.
  void (*copy)(const Config& from, Config& to) = nullptr;
  KeyScope scope = KeyScope::kProxy;
};

/// In the order in which they are read and printed: what others depend on comes first.
std::span<const TopKey> TopKeys();
const TopKey* FindTopKey(std::string_view name);

}  // namespace bpfcast
