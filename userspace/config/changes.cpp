#include "config/changes.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/keys.h"

namespace bpfcast {
namespace {

constexpr const char* kRole = "role";
constexpr const char* kProxy = "proxy";
constexpr const char* kUpstream = "upstream";
constexpr const char* kOthers = "every other interface";

PrintedValue Word(std::string text) {
  return {PrintedValue::Kind::kWord, {std::move(text)}, {}};
}

/// Entries of `a` that `b` has not, or not as often.
std::vector<std::string> Beyond(const std::vector<std::string>& a, std::vector<std::string> b) {
  std::vector<std::string> more;
  for (const std::string& each : a) {
    const auto found = std::find(b.begin(), b.end(), each);
    if (found == b.end()) {
      more.push_back(each);
    } else {
      b.erase(found);
    }
  }
  return more;
}

bool AreLists(const ConfigChange& change) {
  const auto is_list = [](const auto& value) { return value && value->kind == PrintedValue::Kind::kList; };
  return is_list(change.before) && is_list(change.after);
}

std::string Listed(const std::vector<std::string>& texts) {
  return ToProse(PrintedValue{PrintedValue::Kind::kList, texts, {}});
}

std::string WhatHappened(const ConfigChange& change) {
  if (change.setting == kProxy) return change.after ? "new proxy" : "no proxy any more";
  if (change.setting == kRole) {
    return change.after ? "new " + ToProse(change.after) : "no " + ToProse(change.before) + " any more";
  }
  if (change.setting == kUpstream) return "upstream, instead of " + ToProse(change.before);
  if (!AreLists(change)) {
    return change.setting + " " + ToProse(change.before) + " -> " + ToProse(change.after);
  }
  const auto added = change.Added();
  const auto removed = change.Removed();
  if (added.empty() && removed.empty()) return change.setting + " in another order";
  std::string text = change.setting;
  if (!added.empty()) text += " added " + Listed(added);
  if (!removed.empty()) text += (added.empty() ? " removed " : ", removed ") + Listed(removed);
  return text;
}

const InterfaceConfig* FindNamed(const Config& config, const std::string& name) {
  const auto found = std::find_if(config.downstreams.begin(), config.downstreams.end(),
                                  [&](const InterfaceConfig& each) { return each.name == name; });
  return found == config.downstreams.end() ? nullptr : &*found;
}

/// What `config` makes of an interface that would be a downstream.
std::optional<InterfaceConfig> AsDownstream(const Config& config, const std::string& name) {
  if (const InterfaceConfig* named = FindNamed(config, name)) return *named;
  return config.UnnamedDownstream(name);
}

bool IsDisabled(const Config& config, const std::string& name) {
  return std::find(config.disabled.begin(), config.disabled.end(), name) != config.disabled.end();
}

/// Neither side has a family that the other one does not serve.
void LeaveOutWhatIsNotServedByBoth(InterfaceConfig& a, InterfaceConfig& b) {
  const auto leave_out = [&](auto InterfaceConfig::*family) {
    if ((a.*family).served == (b.*family).served) return;
    (a.*family) = (b.*family) = {};
    (a.*family).served = (b.*family).served = false;
  };
  leave_out(&InterfaceConfig::ipv4);
  leave_out(&InterfaceConfig::ipv6);
}

class Comparison {
 public:
  Comparison(const Config& running, const Config& wanted) : running_(running), wanted_(wanted) {}

  std::vector<ConfigChange> Take() {
    CompareRoles();
    CompareDisabled();
    CompareTopKeys();
    if (running_.upstream.name == wanted_.upstream.name) {
      CompareSettings(wanted_.upstream.name, running_.upstream, wanted_.upstream);
    }
    for (const InterfaceConfig& after : wanted_.downstreams) {
      const auto before = AsDownstream(running_, after.name);
      if (before) CompareSettings(after.name, *before, after);
    }
    for (const InterfaceConfig& before : running_.downstreams) {
      const auto after = wanted_.UnnamedDownstream(before.name);
      if (after && FindNamed(wanted_, before.name) == nullptr) CompareSettings(before.name, before, *after);
    }
    if (running_.default_downstream && wanted_.default_downstream) {
      CompareSettings(kOthers, *running_.default_downstream, *wanted_.default_downstream);
    }
    return std::move(changes_);
  }

 private:
  void Add(ConfigChange change) {
    const TopKey* key = change.interface.empty() ? FindTopKey(change.setting) : nullptr;
    if (key == nullptr || key->scope == KeyScope::kProxy) change.proxy = wanted_.proxy;
    changes_.push_back(std::move(change));
  }

  void Role(const std::string& interface, bool before, bool after) {
    if (before == after) return;
    const auto role = [](bool is) { return is ? std::optional(Word("downstream")) : std::nullopt; };
    Add({interface, kRole, role(before), role(after), {}});
  }

  void CompareRoles() {
    for (const InterfaceConfig& each : running_.downstreams) {
      Role(each.name, true, AsDownstream(wanted_, each.name).has_value());
    }
    if (running_.upstream.name != wanted_.upstream.name) {
      Add({wanted_.upstream.name, kUpstream, Word(running_.upstream.name), Word(wanted_.upstream.name), {}});
    }
    for (const InterfaceConfig& each : wanted_.downstreams) {
      Role(each.name, AsDownstream(running_, each.name).has_value(), true);
    }
    Role(kOthers, running_.default_downstream.has_value(), wanted_.default_downstream.has_value());
  }

  /// It makes a difference only where interfaces become downstreams without being named.
  void CompareDisabled() {
    if (!running_.default_downstream || !wanted_.default_downstream) return;
    const auto tell = [&](const std::string& name, const char* before, const char* after) {
      Add({name, "disabled", Word(before), Word(after), {}});
    };
    for (const std::string& name : wanted_.disabled) {
      if (running_.UnnamedDownstream(name) && !FindNamed(running_, name)) tell(name, "false", "true");
    }
    for (const std::string& name : running_.disabled) {
      if (!IsDisabled(wanted_, name) && wanted_.UnnamedDownstream(name) && !FindNamed(wanted_, name)) {
        tell(name, "true", "false");
      }
    }
  }

  void CompareTopKeys() {
    for (const TopKey& key : TopKeys()) {
      if (key.read == nullptr) continue;  // the roles
      Compare("", key.name, key.print(running_), key.print(wanted_), key.effect);
    }
  }

  void CompareSettings(const std::string& name, InterfaceConfig before, InterfaceConfig after) {
    LeaveOutWhatIsNotServedByBoth(before, after);
    for (const InterfaceKey& key : InterfaceKeys()) {
      Compare(name, key.name, key.print(before), key.print(after), TakesEffect::kAtOnce);
    }
  }

  void Compare(const std::string& interface, std::string_view setting, std::optional<PrintedValue> before,
               std::optional<PrintedValue> after, TakesEffect effect) {
    const auto follows = [](const auto& value) {
      return value && value->origin == PrintedValue::Origin::kFollows;
    };
    if (before == after || (follows(before) && follows(after))) return;
    if (before && after && before->kind == after->kind && before->items == after->items) return;
    Add({interface, std::string(setting), std::move(before), std::move(after), effect});
  }

  const Config& running_;
  const Config& wanted_;
  std::vector<ConfigChange> changes_;
};

void Keep(const TopKey& key, const Config& running, Config& wanted) {
  if (key.effect != TakesEffect::kAtNextStart) return;
  const auto asked_for = key.print(wanted);
  const std::string place = wanted.origins.ToText("", key.name);
  key.copy(running, wanted);
  if (key.print(wanted) == asked_for) return;
  wanted.origins.NoteReason("", key.name,
                            "until the next start; then " + ToProse(asked_for) + " (" + place + ")");
}

}  // namespace

std::vector<std::string> ConfigChange::Added() const {
  return AreLists(*this) ? Beyond(after->items, before->items) : std::vector<std::string>();
}

std::vector<std::string> ConfigChange::Removed() const {
  return AreLists(*this) ? Beyond(before->items, after->items) : std::vector<std::string>();
}

std::string ConfigChange::ToSentence() const {
  return (proxy.empty() ? "" : proxy + ": ") + (interface.empty() ? "" : interface + ": ") +
         WhatHappened(*this) + (effect == TakesEffect::kAtNextStart ? " (at the next start)" : "");
}

std::vector<ConfigChange> ChangesOf(const Config& running, const Config& wanted) {
  return Comparison(running, wanted).Take();
}

std::vector<ConfigChange> ChangesOfFile(const Config& running, const Config& wanted) {
  std::vector<ConfigChange> changes = ChangesOf(running, wanted);
  std::erase_if(changes, [](const ConfigChange& change) {
    const TopKey* key = change.interface.empty() ? FindTopKey(change.setting) : nullptr;
    return key == nullptr || key->scope != KeyScope::kFile;
  });
  return changes;
}

ConfigChange BeginOf(const std::string& proxy) {
  return {"", kProxy, std::nullopt, Word("runs"), TakesEffect::kAtOnce, proxy};
}

ConfigChange EndOf(const std::string& proxy) {
  return {"", kProxy, Word("runs"), std::nullopt, TakesEffect::kAtOnce, proxy};
}

void KeepUntilNextStart(const Config& running, Config& wanted) {
  for (const TopKey& key : TopKeys()) Keep(key, running, wanted);
}

void KeepOfFileUntilNextStart(const Config& running, Config& wanted) {
  for (const TopKey& key : TopKeys()) {
    if (key.scope == KeyScope::kFile) Keep(key, running, wanted);
  }
}

}  // namespace bpfcast
