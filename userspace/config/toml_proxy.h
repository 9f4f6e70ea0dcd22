// One proxy of the TOML grammar: its keys, and the [interface.NAME] tables of its interfaces.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/notes.h"
#include "config/toml_names.h"
#include "config/top_keys.h"

namespace bpfcast {

/// What a file says of all its proxies.
struct FileDraft {
  TopDraft top;
  ConfigOrigins origins;
};

/// Which proxy has an interface, by its name or as one of "*".
struct InterfaceClaim {
  std::string proxy;
  TextPosition at;
};
using Claims = std::map<std::string, InterfaceClaim, std::less<>>;

/// The value of `key`, or of an unknown key that looks like it: that one is refused for its name, and what it
/// says need not be called missing. `scope`: the only one whose keys are known there; nothing: all.
const toml::node* FindOrMeant(const toml::table& table, std::string_view key, std::optional<KeyScope> scope);

class ProxyReader {
 public:
  /// `name` is empty where the file has no names. `claims` are those of all proxies of the file.
  ProxyReader(std::string name, const std::string& file, const FileDraft& draft, Claims& claims);

  /// `table` has the keys of the proxy; `at` is its place.
  void ReadKeys(const toml::table& table, TextPosition at);
  bool Has(std::string_view interface) const { return Find(interface).has_value(); }
  std::vector<std::string> Interfaces() const;
  /// Of an interface that it has; `at` is the place of the table's name.
  void ReadInterface(std::string_view name, const toml::table& table, TextPosition at);
  /// Once all was read without a problem.
  Config Take();

  const std::string& name() const { return name_; }
  const ConfigNotes& notes() const { return notes_; }
  DatapathSetting datapath() const { return draft_.datapath; }
  /// Where that is said, if it is.
  TextPosition datapath_at() const;
  ServedFamilies served() const { return draft_.served; }

 private:
  struct Named {
    std::string name;
    TextPosition at;
  };

  enum class Stars : std::uint8_t { kRefused, kTaken };
  std::optional<Named> ReadName(const toml::node& node, std::string_view key, Stars stars);
  /// An interface that gets a role here, which no other proxy has.
  void AddRole(const toml::node& node, std::string_view key, Stars stars);
  void ReadUpstream(const toml::node& node);
  void ReadDownstream(const toml::node& node);
  void ReadDisabled(const toml::node& node);
  std::optional<std::size_t> Find(std::string_view interface) const;
  PortRole RoleOf(std::size_t index) const;
  InterfaceConfig Settings(std::size_t index);

  std::string name_;
  ConfigNotes notes_;
  ConfigOrigins origins_;
  TopDraft draft_;
  Claims& claims_;
  std::vector<Named> names_;  // the upstream first, if there is one
  bool has_upstream_ = false;
  std::vector<std::string> disabled_;
  std::map<std::string, InterfaceConfig, std::less<>> interfaces_;
};

}  // namespace bpfcast
