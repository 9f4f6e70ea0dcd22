#include "config/print.h"

#include <algorithm>
#include <string_view>

#include "config/printed.h"

namespace bpfcast {
namespace {

/// As a name in [interface.NAME] or [proxy.NAME]: bare where TOML takes that.
std::string TableName(const std::string& name) {
  constexpr std::string_view kBare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  if (name.find_first_not_of(kBare) == std::string::npos) return name;
  return ToToml({PrintedValue::Kind::kText, {name}, {}});
}

std::string Line(const EffectiveSetting& setting) {
  // A default that follows from other settings goes on to do so.
  const bool follows = setting.value.origin == PrintedValue::Origin::kFollows;
  return (follows ? "# " : "") + std::string(setting.key) + " = " + ToToml(setting.value);
}

/// The origins of a table stand below each other, behind all lines but the long ones.
std::size_t OriginColumn(const EffectiveTable& table) {
  constexpr std::size_t kFarthest = 48;
  std::size_t column = 0;
  for (const EffectiveSetting& setting : table.settings) {
    const std::size_t size = Line(setting).size();
    if (size <= kFarthest) column = std::max(column, size);
  }
  return column;
}

}  // namespace

std::string PrintToml(std::span<const Config> proxies, Settings which, Comments comments) {
  std::string text;
  for (const EffectiveTable& table : EffectiveSettings(proxies, which)) {
    if (table.settings.empty()) continue;
    if (!table.interface.empty()) {
      text += "\n[interface." + TableName(table.interface) + "]\n";
    } else if (!table.proxy.empty()) {
      text += (text.empty() ? "[proxy." : "\n[proxy.") + TableName(table.proxy) + "]\n";
    }
    const std::size_t column = OriginColumn(table);
    for (const EffectiveSetting& setting : table.settings) {
      std::string line = Line(setting);
      if (comments == Comments::kOrigins) {
        if (line.size() < column) line.append(column - line.size(), ' ');
        line += "  # " + setting.origin;
      }
      text += line + "\n";
    }
  }
  return text;
}

std::string PrintToml(const Config& config, Settings which, Comments comments) {
  return PrintToml(std::span(&config, 1), which, comments);
}

}  // namespace bpfcast
