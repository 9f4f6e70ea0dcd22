#include "agent/config_toml_timing.h"

#include <toml++/toml.h>

#include <limits>
#include <string>
#include <utility>

#include "agent/config_timing.h"
#include "agent/config_toml_interface.h"
#include "agent/config_values.h"

namespace bpfcast {
namespace {

std::optional<Duration> ReadDuration(std::string_view key, const toml::node& node, ConfigNotes& notes) {
  if (!node.is_string() && !node.is_number()) {
    ExpectedInstead(node, key, R"(a duration such as "125s", or a number of seconds)", notes);
    return std::nullopt;
  }
  const auto duration = node.is_string() ? ParseDuration(*node.value<std::string>())
                        : node.is_integer()
                            ? DurationFromSeconds(static_cast<double>(node.as_integer()->get()))
                            : DurationFromSeconds(node.as_floating_point()->get());
  if (duration) return *duration;
  std::string text = Quoted(key) + " ";
  if (node.is_string()) text.append("\"").append(*node.value<std::string>()).append("\" ");
  notes.Problem(PositionOf(node), text + duration.error().message);
  return std::nullopt;
}

}  // namespace

void ReadTomlTiming(std::string_view key, const toml::node& node, TimingConfig& out, ConfigNotes& notes) {
  const TimingSetting& setting = TimingKeys().find(key)->second;
  if (setting.duration != nullptr || setting.optional_duration != nullptr) {
    const auto duration = ReadDuration(key, node, notes);
    if (!duration) return;
    if (setting.duration != nullptr) {
      out.*setting.duration = *duration;
    } else {
      out.*setting.optional_duration = *duration;
    }
    return;
  }
  const toml::value<std::int64_t>* integer = node.as_integer();
  if (integer == nullptr) return ExpectedInstead(node, key, "a whole number", notes);
  if (integer->get() < 0 || integer->get() > std::numeric_limits<int>::max()) {
    return notes.Problem(PositionOf(node), Quoted(key) + " must be a small positive number, not " +
                                               std::to_string(integer->get()));
  }
  const auto count = static_cast<unsigned>(integer->get());
  if (setting.count != nullptr) {
    out.*setting.count = count;
  } else {
    out.*setting.optional_count = count;
  }
}

std::optional<Timing> MakeTomlTiming(const TimingConfig& timing, Version version, const toml::table& table,
                                     TextPosition at, ConfigNotes& notes) {
  // MakeTiming() names variables as they are written here. The line is that of the first one in this table,
  // which may be the second that is named: the other has its default.
  const auto position_of = [&](const std::string& message) {
    std::size_t first = std::string::npos;
    TextPosition position = at;
    for (const auto& [key, value] : table) {
      const std::size_t found = message.find(key.str());
      if (!TimingKeys().contains(key.str()) || found >= first) continue;
      first = found;
      position = PositionOf(value);
    }
    return position;
  };
  std::vector<std::string> warnings;
  const auto made = MakeTiming<Igmp>(timing, version, warnings);
  for (std::string& warning : warnings) {
    const TextPosition position = position_of(warning);
    notes.Warning(position, std::move(warning));
  }
  if (made) return *made;
  notes.Problem(position_of(made.error().message), made.error().message);
  return std::nullopt;
}

}  // namespace bpfcast
