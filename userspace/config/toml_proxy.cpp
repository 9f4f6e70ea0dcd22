#include "config/toml_proxy.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/port_id.h"
#include "config/toml_interface.h"
#include "config/toml_value.h"
#include "config/values.h"

namespace bpfcast {

const toml::node* FindOrMeant(const toml::table& table, std::string_view key, std::optional<KeyScope> scope) {
  if (const toml::node* given = table.get(key)) return given;
  std::vector<std::string> known;
  for (const TopKey& each : TopKeys()) {
    if (!scope || each.scope == *scope) known.emplace_back(each.name);
  }
  const std::string meant = DidYouMean(key, {std::string(key)});
  for (const auto& [name, node] : table) {
    if (FindTopKey(name.str()) == nullptr && DidYouMean(name.str(), known) == meant) return &node;
  }
  return nullptr;
}

ProxyReader::ProxyReader(std::string name, const std::string& file, const FileDraft& draft, Claims& claims)
    : name_(std::move(name)), notes_(file), origins_(draft.origins), draft_(draft.top), claims_(claims) {}

void ProxyReader::ReadKeys(const toml::table& table, TextPosition at) {
  for (const TopKey& key : TopKeys()) {
    const toml::node* node = table.get(key.name);
    if (node == nullptr || key.scope != KeyScope::kProxy) continue;
    origins_.NotePlace("", key.name, PositionOf(*node));
    if (key.read != nullptr) key.read(TomlValue(key.name, *node, draft_.served, notes_), draft_);
  }
  if (!draft_.served.ipv4 && !draft_.served.ipv6) {
    notes_.Problem(PositionOf(*table.get("ipv6")), "'ipv4' and 'ipv6' are both false, so nothing is served");
  }
  const auto scope = name_.empty() ? std::nullopt : std::optional(KeyScope::kProxy);
  if (const toml::node* upstream = FindOrMeant(table, "upstream", scope)) {
    ReadUpstream(*upstream);
  } else {
    notes_.Problem(
        at, R"('upstream' is missing: name the interface towards the sources, as in upstream = "eth0")");
  }
  if (const toml::node* downstream = FindOrMeant(table, "downstream", scope)) {
    ReadDownstream(*downstream);
  } else {
    notes_.Problem(at, R"('downstream' is missing: name the interfaces towards the receivers, as in )"
                       R"(downstream = ["lan1", "lan2"])");
  }
  if (const toml::node* disabled = table.get("disabled")) {
    ReadDisabled(*disabled);
    if (!disabled_.empty() && !Find(kOtherInterfaces)) {
      notes_.Warning(PositionOf(*disabled),
                     "'disabled' has no effect: without \"*\" in 'downstream' only the "
                     "interfaces that it names are served");
    }
  }
  if (names_.size() > kMaxPorts) {
    notes_.Problem(names_[kMaxPorts].at, "more than " + std::to_string(kMaxPorts) + " interfaces");
  }
}

std::optional<ProxyReader::Named> ProxyReader::ReadName(const toml::node& node, std::string_view key,
                                                        Stars stars) {
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

void ProxyReader::AddRole(const toml::node& node, std::string_view key, Stars stars) {
  auto name = ReadName(node, key, stars);
  if (!name) return;
  const auto [claim, is_new] = claims_.emplace(name->name, InterfaceClaim{name_, name->at});
  if (!is_new) {
    return notes_.Problem(name->at, Quoted(name->name) + " belongs to proxy " + Quoted(claim->second.proxy) +
                                        " already, on line " + std::to_string(claim->second.at.line) +
                                        "; an interface has one proxy");
  }
  names_.push_back(std::move(*name));
}

void ProxyReader::ReadUpstream(const toml::node& node) {
  AddRole(node, "upstream", Stars::kRefused);
  has_upstream_ = !names_.empty();
}

void ProxyReader::ReadDownstream(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    if (!node.is_string()) {
      return ExpectedInstead(node, "downstream", "an interface name or an array of them", notes_);
    }
    return AddRole(node, "downstream", Stars::kTaken);
  }
  if (array->empty()) notes_.Problem(PositionOf(node), "'downstream' names no interface");
  for (const toml::node& element : *array) {
    if (names_.size() > kMaxPorts) return;  // which is a problem: no need to compare all with all
    AddRole(element, "downstream", Stars::kTaken);
  }
}

void ProxyReader::ReadDisabled(const toml::node& node) {
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

std::optional<std::size_t> ProxyReader::Find(std::string_view interface) const {
  const auto found =
      std::find_if(names_.begin(), names_.end(), [&](const Named& named) { return named.name == interface; });
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

std::vector<std::string> ProxyReader::Interfaces() const {
  std::vector<std::string> names;
  for (const Named& named : names_) names.push_back(named.name);
  return names;
}

TextPosition ProxyReader::datapath_at() const {
  const ValueOrigin* origin = origins_.Find("", "datapath");
  return origin == nullptr ? TextPosition() : origin->places.front();
}

PortRole ProxyReader::RoleOf(std::size_t index) const {
  return has_upstream_ && index == 0 ? PortRole::kUpstream : PortRole::kDownstream;
}

void ProxyReader::ReadInterface(std::string_view name, const toml::table& table, TextPosition at) {
  if (const toml::node* hook = table.get("hook");
      hook != nullptr && draft_.datapath == DatapathSetting::kKernel) {
    notes_.Warning(PositionOf(*hook), "'hook' has no effect: 'datapath' is \"kernel\"");
  }
  if (auto config =
          ReadTomlInterface(name, table, RoleOf(*Find(name)), draft_.served, at, notes_, origins_)) {
    interfaces_.emplace(name, std::move(*config));
  }
}

InterfaceConfig ProxyReader::Settings(std::size_t index) {
  const std::string& name = names_[index].name;
  const auto found = interfaces_.find(name);
  InterfaceConfig config =
      found != interfaces_.end() ? found->second : DefaultInterface(RoleOf(index), draft_.served);
  config.name = name;
  return config;
}

Config ProxyReader::Take() {
  Config config;
  config.proxy = name_;
  config.user = draft_.user;
  config.log = draft_.log;
  config.metrics = draft_.metrics;
  config.datapath = draft_.datapath;
  config.lease = draft_.lease;
  config.upstream = Settings(0);
  config.upstream.ipv4.upstream.loop_guard = config.upstream.ipv6.upstream.loop_guard = draft_.loop_guard;
  for (std::size_t i = 1; i < names_.size(); ++i) {
    InterfaceConfig settings = Settings(i);
    if (settings.name == kOtherInterfaces) {
      settings.name.clear();
      config.default_downstream = std::move(settings);
    } else {
      config.downstreams.push_back(std::move(settings));
    }
  }
  config.disabled = disabled_;
  for (const auto& [interface, claim] : claims_) {
    if (claim.proxy != name_) config.of_others.push_back(interface);
  }
  config.origins = std::move(origins_);
  config.warnings = notes_.Warnings();
  return config;
}

}  // namespace bpfcast
