// The keys of an [interface.NAME] table: one table says of each what it means, whom it concerns, how it is
// read and how it is printed. The reference comes from it, too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/access.h"
#include "config/config.h"
#include "config/notes.h"
#include "config/printed.h"
#include "membership/timing.h"

namespace bpfcast {

class TomlValue;

/// A text of the file, and where it stands.
struct TextAt {
  std::string text;
  TextPosition at;
};

/// An interface while its table is read. What depends on several keys waits until all are known.
struct InterfaceDraft {
  InterfaceConfig config;
  TimingConfig timing;
  AccessSetting access;
  std::vector<TextAt> static_groups;
  std::map<std::string, TextPosition, std::less<>> places;  // where the value of each key is that was given
};

enum class KeySide : std::uint8_t { kBoth, kDownstream, kUpstream };
enum class KeyFamily : std::uint8_t { kBoth, kIgmp, kMld };

struct InterfaceKey {
  std::string_view name;
  std::string_view meaning;           // a sentence without its end
  std::string (*values)() = nullptr;  // what may be written, as in "1 to 255"
  KeySide side = KeySide::kBoth;
  KeyFamily family = KeyFamily::kBoth;
  void (*read)(const TomlValue& value, InterfaceDraft& draft) = nullptr;
  /// The value: read again it gives the same. Nothing where there is none to be given.
  std::optional<PrintedValue> (*print)(const InterfaceConfig& config) = nullptr;
  std::string_view follows = {};  // the key that gives the value where it is not given
};

/// In the order in which they are printed.
std::span<const InterfaceKey> InterfaceKeys();
const InterfaceKey* FindInterfaceKey(std::string_view name);

/// Where a part of the table begins, for those who read it.
struct KeySection {
  std::string_view heading;
  std::string_view first_key;
};
std::span<const KeySection> InterfaceKeySections();

}  // namespace bpfcast
