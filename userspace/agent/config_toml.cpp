#include "agent/config_toml.h"

#include <toml++/toml.h>
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "agent/config_timing.h"
#include "agent/config_values.h"
#include "base/port_id.h"

namespace bpfcast {
namespace {

const char* TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::string Quoted(std::string_view text) {
  return std::string("'").append(text).append("'");
}

const std::vector<std::string>& InterfaceKeys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = {"hook", "source-check"};
    for (const auto& [key, setting] : TimingKeys()) all.push_back(key);
    return all;
  }();
  return keys;
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  tl::expected<Config, ConfigProblems> Read(const toml::table& root);

 private:
  struct Note {
    toml::source_position at;
    std::string text;
  };
  struct Named {
    std::string name;
    toml::source_position at;
  };

  void Complain(const toml::source_position& at, std::string text) {
    problems_.push_back({at, std::move(text)});
  }
  void Expected(const toml::node& node, std::string_view key, std::string_view what) {
    Complain(node.source().begin, Quoted(key) + " must be " + std::string(what) + ", not " + TypeName(node));
  }

  std::optional<Named> ReadName(const toml::node& node, std::string_view key);
  void ReadUpstream(const toml::node& node);
  void ReadDownstream(const toml::node& node);
  void ReadInterfaces(const toml::node& node);
  void ReadInterface(std::string_view name, const toml::table& table, const toml::source_position& at);
  void ReadHook(const toml::node& node, InterfaceConfig& out);
  void ReadSourceCheck(const toml::node& node, InterfaceConfig& out);
  void ReadTiming(std::string_view key, const toml::node& node, TimingConfig& out);
  std::optional<Duration> ReadDuration(std::string_view key, const toml::node& node);
  std::optional<unsigned> ReadCount(std::string_view key, const toml::node& node);
  void UnknownKey(const toml::key& key, const std::vector<std::string>& known);
  void UnknownInterfaceKey(std::string_view interface, const toml::key& key, const toml::node& node);
  InterfaceConfig Settings(const std::string& name);
  std::vector<std::string> Lines(std::vector<Note> notes) const;

  const std::string& file_;
  std::vector<Note> problems_;
  std::vector<Note> warnings_;
  std::vector<Named> names_;  // the upstream first, if there is one
  bool has_upstream_ = false;
  std::map<std::string, InterfaceConfig, std::less<>> interfaces_;
};

std::vector<std::string> Reader::Lines(std::vector<Note> notes) const {
  std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  std::vector<std::string> lines;
  lines.reserve(notes.size());
  for (const Note& note : notes) {
    lines.push_back(file_ + ":" + std::to_string(note.at.line) + ":" + std::to_string(note.at.column) + ": " +
                    note.text);
  }
  return lines;
}

tl::expected<Config, ConfigProblems> Reader::Read(const toml::table& root) {
  constexpr toml::source_position kStart{1, 1};
  const toml::node* upstream = root.get("upstream");
  const toml::node* downstream = root.get("downstream");
  for (const auto& [key, node] : root) {
    if (key != "upstream" && key != "downstream" && key != "interface") {
      UnknownKey(key, {"upstream", "downstream", "interface"});
    }
  }
  if (upstream == nullptr) {
    Complain(kStart,
             R"('upstream' is missing: name the interface towards the sources, as in upstream = "eth0")");
  } else {
    ReadUpstream(*upstream);
  }
  if (downstream == nullptr) {
    Complain(kStart, R"('downstream' is missing: name the interfaces towards the receivers, as in )"
                     R"(downstream = ["lan1", "lan2"])");
  } else {
    ReadDownstream(*downstream);
  }
  if (const toml::node* interfaces = root.get("interface")) ReadInterfaces(*interfaces);
  if (names_.size() > kMaxPorts) {
    Complain(names_[kMaxPorts].at, "more than " + std::to_string(kMaxPorts) + " interfaces");
  }
  Config config;
  if (problems_.empty()) {
    config.upstream = Settings(names_.front().name);
    for (std::size_t i = 1; i < names_.size(); ++i) config.downstreams.push_back(Settings(names_[i].name));
    config.warnings = Lines(warnings_);
  }
  if (!problems_.empty()) return tl::unexpected(Lines(problems_));
  return config;
}

std::optional<Reader::Named> Reader::ReadName(const toml::node& node, std::string_view key) {
  const auto name = node.value<std::string>();
  if (!node.is_string() || !name) {
    Expected(node, key, "an interface name in quotes");
    return std::nullopt;
  }
  const toml::source_position at = node.source().begin;
  if (const auto valid = CheckInterfaceName(*name); !valid) {
    Complain(at, Quoted(*name) + " " + valid.error().message);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].name != *name) continue;
    if (i == 0 && has_upstream_) {
      Complain(at, Quoted(*name) + " is the upstream already; an interface has one role");  // E-42
    } else {
      Complain(at, Quoted(*name) + " is named twice");
    }
    return std::nullopt;
  }
  return Named{*name, at};
}

void Reader::ReadUpstream(const toml::node& node) {
  if (auto name = ReadName(node, "upstream")) {
    names_.push_back(std::move(*name));
    has_upstream_ = true;
  }
}

void Reader::ReadDownstream(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    if (!node.is_string()) return Expected(node, "downstream", "an interface name or an array of them");
    if (auto name = ReadName(node, "downstream")) names_.push_back(std::move(*name));
    return;
  }
  if (array->empty()) Complain(node.source().begin, "'downstream' names no interface");
  for (const toml::node& element : *array) {
    if (auto name = ReadName(element, "downstream")) names_.push_back(std::move(*name));
  }
}

void Reader::ReadInterfaces(const toml::node& node) {
  const toml::table* interfaces = node.as_table();
  if (interfaces == nullptr) return Expected(node, "interface", "a table, as in [interface.lan1]");
  for (const auto& [key, value] : *interfaces) {
    const toml::table* table = value.as_table();
    if (table == nullptr) {
      Expected(value, key.str(), "a table, as in [interface." + std::string(key.str()) + "]");
      continue;
    }
    ReadInterface(key.str(), *table, key.source().begin);
  }
}

void Reader::ReadInterface(std::string_view name, const toml::table& table, const toml::source_position& at) {
  std::vector<std::string> known;
  for (const Named& named : names_) known.push_back(named.name);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    // [interface.eth0.4] is a table "4" in a table "eth0".
    for (const auto& [key, value] : table) {
      const std::string dotted = std::string(name) + "." + std::string(key.str());
      if (value.is_table() && std::find(known.begin(), known.end(), dotted) != known.end()) {
        return Complain(at, "a name with a dot must be quoted: [interface.\"" + dotted + "\"]");
      }
    }
    return Complain(
        at, "interface " + Quoted(name) + " is neither upstream nor downstream" + DidYouMean(name, known));
  }

  InterfaceConfig config;
  TimingConfig timing;
  const std::size_t problems_before = problems_.size();
  for (const auto& [key, value] : table) {
    if (key == "hook") {
      ReadHook(value, config);
    } else if (key == "source-check") {
      ReadSourceCheck(value, config);
    } else if (TimingKeys().contains(key.str())) {
      ReadTiming(key.str(), value, timing);
    } else {
      UnknownInterfaceKey(name, key, value);
    }
  }
  if (problems_.size() > problems_before) return;

  // MakeTiming() names variables as they are written here. The line is that of the first one in this table,
  // which may be the second that is named: the other has its default.
  const auto position_of = [&](const std::string& message) {
    std::size_t first = std::string::npos;
    toml::source_position position = at;
    for (const auto& [key, value] : table) {
      const std::size_t found = message.find(key.str());
      if (found >= first) continue;
      first = found;
      position = value.source().begin;
    }
    return position;
  };
  std::vector<std::string> warnings;
  const auto made = MakeTiming<Igmp>(timing, Version::kV3, warnings);
  for (std::string& warning : warnings) {
    const toml::source_position position = position_of(warning);
    warnings_.push_back({position, std::move(warning)});
  }
  if (!made) return Complain(position_of(made.error().message), made.error().message);
  config.timing = *made;
  interfaces_.emplace(name, std::move(config));
}

void Reader::ReadHook(const toml::node& node, InterfaceConfig& out) {
  const auto text = node.value<std::string>();
  if (!node.is_string()) {
    Expected(node, "hook", R"("auto", "xdp" or "tc")");
  } else if (text == "auto") {
    out.hook = HookSetting::kAuto;
  } else if (text == "xdp") {
    out.hook = HookSetting::kXdp;
  } else if (text == "tc") {
    out.hook = HookSetting::kTc;
  } else {
    Complain(node.source().begin, "'hook' must be \"auto\", \"xdp\" or \"tc\", not \"" + *text + "\"");
  }
}

void Reader::ReadSourceCheck(const toml::node& node, InterfaceConfig& out) {
  const auto text = node.value<std::string>();
  if (!node.is_string()) {
    Expected(node, "source-check", R"("subnet" or "off")");
  } else if (text == "subnet") {
    out.source_check = SourceCheck::kSubnet;
  } else if (text == "off") {
    out.source_check = SourceCheck::kOff;
  } else {
    Complain(node.source().begin, "'source-check' must be \"subnet\" or \"off\", not \"" + *text + "\"");
  }
}

void Reader::ReadTiming(std::string_view key, const toml::node& node, TimingConfig& out) {
  const TimingSetting& setting = TimingKeys().find(key)->second;
  if (setting.duration != nullptr || setting.optional_duration != nullptr) {
    const auto duration = ReadDuration(key, node);
    if (!duration) return;
    if (setting.duration != nullptr) {
      out.*setting.duration = *duration;
    } else {
      out.*setting.optional_duration = *duration;
    }
    return;
  }
  const auto count = ReadCount(key, node);
  if (!count) return;
  if (setting.count != nullptr) {
    out.*setting.count = *count;
  } else {
    out.*setting.optional_count = *count;
  }
}

std::optional<Duration> Reader::ReadDuration(std::string_view key, const toml::node& node) {
  if (!node.is_string() && !node.is_number()) {
    Expected(node, key, R"(a duration such as "125s", or a number of seconds)");
    return std::nullopt;
  }
  const auto duration = node.is_string() ? ParseDuration(*node.value<std::string>())
                        : node.is_integer()
                            ? DurationFromSeconds(static_cast<double>(node.as_integer()->get()))
                            : DurationFromSeconds(node.as_floating_point()->get());
  if (duration) return *duration;
  std::string text = Quoted(key) + " ";
  if (node.is_string()) text.append("\"").append(*node.value<std::string>()).append("\" ");
  Complain(node.source().begin, text + duration.error().message);
  return std::nullopt;
}

std::optional<unsigned> Reader::ReadCount(std::string_view key, const toml::node& node) {
  const toml::value<std::int64_t>* integer = node.as_integer();
  if (integer == nullptr) {
    Expected(node, key, "a whole number");
    return std::nullopt;
  }
  if (integer->get() < 0 || integer->get() > std::numeric_limits<int>::max()) {
    Complain(node.source().begin,
             Quoted(key) + " must be a small positive number, not " + std::to_string(integer->get()));
    return std::nullopt;
  }
  return static_cast<unsigned>(integer->get());
}

void Reader::UnknownKey(const toml::key& key, const std::vector<std::string>& known) {
  Complain(key.source().begin, "unknown key " + Quoted(key.str()) + DidYouMean(key.str(), known));
}

void Reader::UnknownInterfaceKey(std::string_view interface, const toml::key& key, const toml::node& node) {
  if (key == "upstream" || key == "downstream") {
    return Complain(key.source().begin,
                    Quoted(key.str()) + " belongs to the top of the file, before the first [table]");
  }
  if (node.is_table()) {
    return Complain(key.source().begin, "unknown table; a name with a dot must be quoted: [interface.\"" +
                                            std::string(interface) + "." + std::string(key.str()) + "\"]");
  }
  UnknownKey(key, InterfaceKeys());
}

InterfaceConfig Reader::Settings(const std::string& name) {
  const auto found = interfaces_.find(name);
  InterfaceConfig config;
  if (found != interfaces_.end()) {
    config = found->second;
  } else {
    std::vector<std::string> none;
    config.timing = *MakeTiming<Igmp>(TimingConfig(), Version::kV3, none);  // the RFC's defaults are legal
  }
  config.name = name;
  return config;
}

}  // namespace

tl::expected<Config, ConfigProblems> ParseTomlConfig(std::string_view text, const std::string& file) {
  try {
    return Reader(file).Read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return tl::unexpected(ConfigProblems{file + ":" + std::to_string(at.line) + ":" +
                                         std::to_string(at.column) + ": " +
                                         std::string(error.description())});
  }
}

}  // namespace bpfcast
