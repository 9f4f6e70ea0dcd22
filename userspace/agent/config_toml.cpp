#include "agent/config_toml.h"

#include "agent/config_toml_names.h"

#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "agent/config_keys.h"
#include "agent/config_notes.h"
#include "agent/config_toml_interface.h"
#include "agent/config_toml_value.h"
#include "agent/config_values.h"
#include "base/port_id.h"
#include "os/privileges.h"

namespace bpfcast {
namespace {

/// The top of the file: which interface has which role.
class Reader {
 public:
  explicit Reader(const std::string& file) : notes_(file) {}

  tl::expected<Config, ConfigProblems> Read(const toml::table& root);

 private:
  struct Named {
    std::string name;
    TextPosition at;
  };

  void UnknownTopKey(const toml::key& key);
  void ReadFamilies(const toml::table& root);
  void ReadUser(const toml::node& node);
  std::optional<Named> ReadName(const toml::node& node, std::string_view key);
  void ReadUpstream(const toml::node& node);
  void ReadDownstream(const toml::node& node);
  void ReadInterfaces(const toml::node& node);
  void ReadInterface(std::string_view name, const toml::table& table, TextPosition at);
  InterfaceConfig Settings(const std::string& name);

  ConfigNotes notes_;
  ServedFamilies served_;
  LoopGuardMode loop_guard_{};
  DatapathSetting datapath_{};
  std::string user_;
  std::vector<Named> names_;  // the upstream first, if there is one
  bool has_upstream_ = false;
  std::map<std::string, InterfaceConfig, std::less<>> interfaces_;
};

tl::expected<Config, ConfigProblems> Reader::Read(const toml::table& root) {
  const toml::node* upstream = root.get("upstream");
  const toml::node* downstream = root.get("downstream");
  for (const auto& [key, node] : root) {
    if (std::find(kTopKeys.begin(), kTopKeys.end(), key.str()) == kTopKeys.end()) UnknownTopKey(key);
  }
  ReadFamilies(root);
  if (const toml::node* datapath = root.get("datapath")) {
    datapath_ =
        TomlValue("datapath", *datapath, served_, notes_).ReadWord<DatapathSetting>().value_or(datapath_);
  }
  if (const toml::node* guard = root.get("loop-guard")) {
    loop_guard_ =
        TomlValue("loop-guard", *guard, served_, notes_).ReadWord<LoopGuardMode>().value_or(loop_guard_);
  }
  if (const toml::node* user = root.get("user")) ReadUser(*user);
  if (upstream == nullptr) {
    notes_.Problem(
        {}, R"('upstream' is missing: name the interface towards the sources, as in upstream = "eth0")");
  } else {
    ReadUpstream(*upstream);
  }
  if (downstream == nullptr) {
    notes_.Problem({}, R"('downstream' is missing: name the interfaces towards the receivers, as in )"
                       R"(downstream = ["lan1", "lan2"])");
  } else {
    ReadDownstream(*downstream);
  }
  if (const toml::node* interfaces = root.get("interface")) ReadInterfaces(*interfaces);
  if (names_.size() > kMaxPorts) {
    notes_.Problem(names_[kMaxPorts].at, "more than " + std::to_string(kMaxPorts) + " interfaces");
  }
  if (notes_.problem_count() > 0) return tl::unexpected(notes_.Problems());
  Config config;
  config.user = user_;
  config.datapath = datapath_;
  config.upstream = Settings(names_.front().name);
  config.upstream.ipv4.upstream.loop_guard = config.upstream.ipv6.upstream.loop_guard = loop_guard_;
  for (std::size_t i = 1; i < names_.size(); ++i) config.downstreams.push_back(Settings(names_[i].name));
  config.warnings = notes_.Warnings();
  return config;
}

void Reader::UnknownTopKey(const toml::key& key) {
  for (const InterfaceKey& each : InterfaceKeys()) {
    if (each.name != key.str()) continue;
    return notes_.Problem(PositionOf(key),
                          Quoted(key.str()) + " belongs to an interface, as in [interface.lan1]");
  }
  UnknownKey(key, {kTopKeys.begin(), kTopKeys.end()}, notes_);
}

void Reader::ReadFamilies(const toml::table& root) {
  const auto read = [&](std::string_view key, bool& served) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    served = TomlValue(key, *node, served_, notes_).ReadWord<bool>().value_or(true);
  };
  read("ipv4", served_.ipv4);
  read("ipv6", served_.ipv6);
  if (served_.ipv4 || served_.ipv6) return;
  notes_.Problem(PositionOf(*root.get("ipv6")), "'ipv4' and 'ipv6' are both false, so nothing is served");
}

void Reader::ReadUser(const toml::node& node) {
  if (!node.is_string()) return ExpectedInstead(node, "user", "the name of a user in quotes", notes_);
  user_ = *node.value<std::string>();
  if (const auto known = CheckUser(user_); !known) notes_.Problem(PositionOf(node), known.error().message);
}

std::optional<Reader::Named> Reader::ReadName(const toml::node& node, std::string_view key) {
  const auto name = node.value<std::string>();
  if (!node.is_string() || !name) {
    ExpectedInstead(node, key, "an interface name in quotes", notes_);
    return std::nullopt;
  }
  const TextPosition at = PositionOf(node);
  if (const auto valid = CheckInterfaceName(*name); !valid) {
    notes_.Problem(at, Quoted(*name) + " " + valid.error().message);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].name != *name) continue;
    if (i == 0 && has_upstream_) {
      notes_.Problem(at, Quoted(*name) + " is the upstream already; an interface has one role");  // E-42
    } else {
      notes_.Problem(at, Quoted(*name) + " is named twice");
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
    if (!node.is_string()) {
      return ExpectedInstead(node, "downstream", "an interface name or an array of them", notes_);
    }
    if (auto name = ReadName(node, "downstream")) names_.push_back(std::move(*name));
    return;
  }
  if (array->empty()) notes_.Problem(PositionOf(node), "'downstream' names no interface");
  for (const toml::node& element : *array) {
    if (auto name = ReadName(element, "downstream")) names_.push_back(std::move(*name));
  }
}

void Reader::ReadInterfaces(const toml::node& node) {
  const toml::table* interfaces = node.as_table();
  if (interfaces == nullptr) {
    return ExpectedInstead(node, "interface", "a table, as in [interface.lan1]", notes_);
  }
  for (const auto& [key, value] : *interfaces) {
    const toml::table* table = value.as_table();
    if (table == nullptr) {
      ExpectedInstead(value, key.str(), "a table, as in [interface." + std::string(key.str()) + "]", notes_);
      continue;
    }
    ReadInterface(key.str(), *table, PositionOf(key));
  }
}

void Reader::ReadInterface(std::string_view name, const toml::table& table, TextPosition at) {
  std::vector<std::string> known;
  for (const Named& named : names_) known.push_back(named.name);
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) {
    // [interface.eth0.4] is a table "4" in a table "eth0".
    for (const auto& [key, value] : table) {
      const std::string dotted = std::string(name) + "." + std::string(key.str());
      if (value.is_table() && std::find(known.begin(), known.end(), dotted) != known.end()) {
        return notes_.Problem(at, "a name with a dot must be quoted: [interface.\"" + dotted + "\"]");
      }
    }
    return notes_.Problem(
        at, "interface " + Quoted(name) + " is neither upstream nor downstream" + DidYouMean(name, known));
  }
  if (const toml::node* hook = table.get("hook"); hook != nullptr && datapath_ == DatapathSetting::kKernel) {
    notes_.Warning(PositionOf(*hook), "'hook' has no effect: 'datapath' is \"kernel\"");
  }
  const PortRole role = has_upstream_ && found == known.begin() ? PortRole::kUpstream : PortRole::kDownstream;
  if (auto config = ReadTomlInterface(name, table, role, served_, at, notes_)) {
    interfaces_.emplace(name, std::move(*config));
  }
}

InterfaceConfig Reader::Settings(const std::string& name) {
  const auto found = interfaces_.find(name);
  const PortRole role = name == names_.front().name ? PortRole::kUpstream : PortRole::kDownstream;
  InterfaceConfig config = found != interfaces_.end() ? found->second : DefaultInterface(role, served_);
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
