#include "config/toml.h"

#include "config/toml_names.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/port_id.h"
#include "config/keys.h"
#include "config/notes.h"
#include "config/toml_guard.h"
#include "config/toml_interface.h"
#include "config/toml_value.h"
#include "config/top_keys.h"
#include "config/values.h"

namespace bpfcast {
namespace {

/// Nobody reads more, and to look for what was meant takes time.
constexpr std::size_t kEnoughProblems = 200;

/// The top of the file: which interface has which role.
class Reader {
 public:
  explicit Reader(const std::string& file) : notes_(file), origins_(file) {}

  tl::expected<Config, ConfigProblems> Read(const toml::table& root);

 private:
  struct Named {
    std::string name;
    TextPosition at;
  };

  void UnknownTopKey(const toml::key& key);
  enum class Stars : std::uint8_t { kRefused, kTaken };
  std::optional<Named> ReadName(const toml::node& node, std::string_view key, Stars stars);
  void ReadUpstream(const toml::node& node);
  void ReadDownstream(const toml::node& node);
  void ReadDisabled(const toml::node& node);
  void ReadInterfaces(const toml::node& node);
  void ReadInterface(std::string_view name, const toml::table& table, TextPosition at);
  InterfaceConfig Settings(const std::string& name);

  ConfigNotes notes_;
  ConfigOrigins origins_;
  TopDraft draft_;
  std::vector<Named> names_;  // the upstream first, if there is one
  bool has_upstream_ = false;
  std::vector<std::string> disabled_;
  std::map<std::string, InterfaceConfig, std::less<>> interfaces_;
};

tl::expected<Config, ConfigProblems> Reader::Read(const toml::table& root) {
  const toml::node* upstream = root.get("upstream");
  const toml::node* downstream = root.get("downstream");
  for (const auto& [key, node] : root) {
    if (FindTopKey(key.str()) == nullptr) UnknownTopKey(key);
  }
  for (const TopKey& key : TopKeys()) {
    const toml::node* node = root.get(key.name);
    if (node != nullptr) origins_.NotePlace("", key.name, PositionOf(*node));
    if (node != nullptr && key.read != nullptr)
      key.read(TomlValue(key.name, *node, draft_.served, notes_), draft_);
  }
  if (!draft_.served.ipv4 && !draft_.served.ipv6) {
    notes_.Problem(PositionOf(*root.get("ipv6")), "'ipv4' and 'ipv6' are both false, so nothing is served");
  }
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
  if (const toml::node* disabled = root.get("disabled")) ReadDisabled(*disabled);
  if (const toml::node* interfaces = root.get("interface")) ReadInterfaces(*interfaces);
  if (names_.size() > kMaxPorts) {
    notes_.Problem(names_[kMaxPorts].at, "more than " + std::to_string(kMaxPorts) + " interfaces");
  }
  if (notes_.problem_count() > 0) return tl::unexpected(notes_.Problems());
  Config config;
  config.user = draft_.user;
  config.datapath = draft_.datapath;
  config.lease = draft_.lease;
  config.upstream = Settings(names_.front().name);
  config.upstream.ipv4.upstream.loop_guard = config.upstream.ipv6.upstream.loop_guard = draft_.loop_guard;
  for (std::size_t i = 1; i < names_.size(); ++i) {
    InterfaceConfig settings = Settings(names_[i].name);
    if (settings.name == kOtherInterfaces) {
      settings.name.clear();
      config.default_downstream = std::move(settings);
    } else {
      config.downstreams.push_back(std::move(settings));
    }
  }
  config.disabled = disabled_;
  config.origins = std::move(origins_);
  config.warnings = notes_.Warnings();
  return config;
}

void Reader::UnknownTopKey(const toml::key& key) {
  if (FindInterfaceKey(key.str()) != nullptr) {
    return notes_.Problem(PositionOf(key),
                          Quoted(key.str()) + " belongs to an interface, as in [interface.lan1]");
  }
  std::vector<std::string> names;
  for (const TopKey& each : TopKeys()) names.emplace_back(each.name);
  UnknownKey(key, names, notes_);
}

std::optional<Reader::Named> Reader::ReadName(const toml::node& node, std::string_view key, Stars stars) {
  const auto name = node.value<std::string>();
  if (!node.is_string() || !name) {
    ExpectedInstead(node, key, "an interface name in quotes", notes_);
    return std::nullopt;
  }
  const TextPosition at = PositionOf(node);
  const bool all_others = stars == Stars::kTaken && *name == kOtherInterfaces;
  if (const auto valid = CheckInterfaceName(*name); !all_others && !valid) {
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
  if (auto name = ReadName(node, "upstream", Stars::kRefused)) {
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
    if (auto name = ReadName(node, "downstream", Stars::kTaken)) names_.push_back(std::move(*name));
    return;
  }
  if (array->empty()) notes_.Problem(PositionOf(node), "'downstream' names no interface");
  for (const toml::node& element : *array) {
    if (names_.size() > kMaxPorts) return;  // which is a problem: no need to compare all with all
    if (auto name = ReadName(element, "downstream", Stars::kTaken)) names_.push_back(std::move(*name));
  }
}

void Reader::ReadDisabled(const toml::node& node) {
  std::set<std::string> named;
  const auto read = [&](const toml::node& element) {
    const auto name = ReadName(element, "disabled", Stars::kRefused);
    if (!name) return;
    if (!named.insert(name->name).second) {
      return notes_.Problem(name->at, Quoted(name->name) + " is named twice");
    }
    disabled_.push_back(name->name);
  };
  const toml::array* array = node.as_array();
  if (array == nullptr) return read(node);
  for (const toml::node& element : *array) read(element);
}

void Reader::ReadInterfaces(const toml::node& node) {
  const toml::table* interfaces = node.as_table();
  if (interfaces == nullptr) {
    return ExpectedInstead(node, "interface", "a table, as in [interface.lan1]", notes_);
  }
  for (const auto& [key, value] : *interfaces) {
    if (notes_.problem_count() > kEnoughProblems) return;
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
  if (const toml::node* hook = table.get("hook");
      hook != nullptr && draft_.datapath == DatapathSetting::kKernel) {
    notes_.Warning(PositionOf(*hook), "'hook' has no effect: 'datapath' is \"kernel\"");
  }
  const PortRole role = has_upstream_ && found == known.begin() ? PortRole::kUpstream : PortRole::kDownstream;
  if (auto config = ReadTomlInterface(name, table, role, draft_.served, at, notes_, origins_)) {
    interfaces_.emplace(name, std::move(*config));
  }
}

InterfaceConfig Reader::Settings(const std::string& name) {
  const auto found = interfaces_.find(name);
  const PortRole role = name == names_.front().name ? PortRole::kUpstream : PortRole::kDownstream;
  InterfaceConfig config = found != interfaces_.end() ? found->second : DefaultInterface(role, draft_.served);
  config.name = name;
  return config;
}

}  // namespace

tl::expected<Config, ConfigProblems> ParseTomlConfig(std::string_view text, const std::string& file) {
  ConfigNotes refused(file);
  if (const auto before = RefuseBeforeToml(text)) {
    refused.Problem(before->at, before->why);
    return tl::unexpected(refused.Problems());
  }
  try {
    return Reader(file).Read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    refused.Problem({at.line, at.column}, std::string(error.description()));
    return tl::unexpected(refused.Problems());
  }
}

}  // namespace bpfcast
