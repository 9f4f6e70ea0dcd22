#include "config/toml.h"

#include "config/toml_names.h"

#include <toml++/toml.h>

#include <algorithm>
#include <list>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/keys.h"
#include "config/notes.h"
#include "config/toml_guard.h"
#include "config/toml_hint.h"
#include "config/toml_proxy.h"
#include "config/toml_value.h"
#include "config/top_keys.h"
#include "config/values.h"
#include "os/instance_lock.h"

namespace bpfcast {
namespace {

/// Nobody reads more, and to look for what was meant takes time.
constexpr std::size_t kEnoughProblems = 200;
/// Each has programs, maps and a control socket of its own.
constexpr std::size_t kMostProxies = 64;

/// A table in the order of the file; toml++ sorts by name.
struct TableAt {
  std::string name;
  TextPosition at;
  const toml::table* table;
};

/// The file as a whole: which proxies there are, and whose interface a table speaks of.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file), notes_(file) {
    draft_.origins = ConfigOrigins(file);
  }

  tl::expected<Configs, ConfigProblems> Read(const toml::table& root);

 private:
  std::vector<TableAt> ReadTables(const toml::node& node, const char* key, const char* example);
  void ReadFileKeys(const toml::table& root);
  void UnknownTopKey(const toml::key& key);
  void ReadProxies(const toml::table& root, const toml::node& proxies);
  void ReadProxy(const TableAt& proxy);
  void ReadInterface(const TableAt& interface);
  void CheckKernelDatapaths();
  std::size_t problem_count() const;

  std::string file_;
  ConfigNotes notes_;
  FileDraft draft_;
  Claims claims_;
  std::list<ProxyReader> proxies_;
};

tl::expected<Configs, ConfigProblems> Reader::Read(const toml::table& root) {
  for (const auto& [key, node] : root) {
    if (FindTopKey(key.str()) == nullptr) UnknownTopKey(key);
  }
  ReadFileKeys(root);
  const toml::node* proxies = FindOrMeant(root, "proxy", std::nullopt);
  if (proxies != nullptr && (proxies->is_table() || root.contains("proxy"))) {
    ReadProxies(root, *proxies);
  } else {
    proxies_.emplace_back("", file_, draft_, claims_).ReadKeys(root, {});
  }
  if (const toml::node* node = root.get("interface")) {
    for (const TableAt& each : ReadTables(*node, "interface", "[interface.lan1]")) {
      if (problem_count() > kEnoughProblems) break;
      ReadInterface(each);
    }
  }
  CheckKernelDatapaths();
  const std::vector<std::string> of_file = notes_.Warnings();
  for (const ProxyReader& proxy : proxies_) notes_.Append(proxy.notes());
  if (notes_.problem_count() > 0) return tl::unexpected(notes_.Problems());
  Configs configs;
  for (ProxyReader& proxy : proxies_) configs.push_back(proxy.Take());
  std::vector<std::string>& first = configs.front().warnings;
  first.insert(first.begin(), of_file.begin(), of_file.end());
  return configs;
}

std::vector<TableAt> Reader::ReadTables(const toml::node& node, const char* key, const char* example) {
  std::vector<TableAt> tables;
  const toml::table* all = node.as_table();
  if (all == nullptr) {
    ExpectedInstead(node, key, std::string("a table, as in ") + example, notes_);
    return tables;
  }
  for (const auto& [name, value] : *all) {
    if (const toml::table* table = value.as_table()) {
      tables.push_back({std::string(name.str()), PositionOf(name), table});
      continue;
    }
    ExpectedInstead(value, name.str(),
                    std::string("a table, as in [") + key + "." + std::string(name.str()) + "]", notes_);
  }
  std::sort(tables.begin(), tables.end(), [](const TableAt& a, const TableAt& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  return tables;
}

void Reader::ReadFileKeys(const toml::table& root) {
  for (const TopKey& key : TopKeys()) {
    const toml::node* node = root.get(key.name);
    if (node == nullptr || key.read == nullptr || key.scope != KeyScope::kFile) continue;
    draft_.origins.NotePlace("", key.name, PositionOf(*node));
    key.read(TomlValue(key.name, *node, draft_.top.served, notes_), draft_.top);
  }
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

void Reader::ReadProxies(const toml::table& root, const toml::node& proxies) {
  for (const auto& [key, node] : root) {
    const TopKey* known = FindTopKey(key.str());
    if (known == nullptr || known->scope == KeyScope::kFile) continue;
    notes_.Problem(PositionOf(key),
                   Quoted(key.str()) + " belongs to one proxy here: write it below its [proxy.NAME]");
  }
  const std::vector<TableAt> tables = ReadTables(proxies, "proxy", "[proxy.tv]");
  if (tables.empty() && proxies.is_table() && proxies.as_table()->empty()) {
    notes_.Problem(PositionOf(proxies), "[proxy] names no proxy; write [proxy.NAME]");
  }
  if (tables.size() > kMostProxies) {
    return notes_.Problem(tables[kMostProxies].at, "more than " + std::to_string(kMostProxies) + " proxies");
  }
  for (const TableAt& table : tables) ReadProxy(table);
}

void Reader::ReadProxy(const TableAt& proxy) {
  if (!IsInstanceName(proxy.name)) {
    notes_.Problem(proxy.at, Quoted(proxy.name) + " is no name of a proxy: 1 to 32 of A-Z a-z 0-9 _ -");
  }
  for (const auto& [key, node] : *proxy.table) {
    const TopKey* known = FindTopKey(key.str());
    if (known != nullptr && known->scope == KeyScope::kProxy) continue;
    if (known != nullptr) {
      notes_.Problem(
          PositionOf(key),
          Quoted(key.str()) + (known->values == nullptr ? " has tables at the top of the file alone"
                                                        : " belongs to the top of the file, before the "
                                                          "first [table]: the proxies are one process"));
    } else if (FindInterfaceKey(key.str()) != nullptr) {
      UnknownTopKey(key);
    } else {
      std::vector<std::string> names;
      for (const TopKey& each : TopKeys()) {
        if (each.scope == KeyScope::kProxy) names.emplace_back(each.name);
      }
      UnknownKey(key, names, notes_);
    }
  }
  proxies_.emplace_back(proxy.name, file_, draft_, claims_).ReadKeys(*proxy.table, proxy.at);
}

void Reader::ReadInterface(const TableAt& interface) {
  for (ProxyReader& proxy : proxies_) {
    if (proxy.Has(interface.name)) return proxy.ReadInterface(interface.name, *interface.table, interface.at);
  }
  std::vector<std::string> known;
  for (const ProxyReader& proxy : proxies_) {
    for (std::string& name : proxy.Interfaces()) known.push_back(std::move(name));
  }
  // [interface.eth0.4] is a table "4" in a table "eth0".
  for (const auto& [key, value] : *interface.table) {
    const std::string dotted = interface.name + "." + std::string(key.str());
    if (value.is_table() && std::find(known.begin(), known.end(), dotted) != known.end()) {
      return notes_.Problem(interface.at, "a name with a dot must be quoted: [interface.\"" + dotted + "\"]");
    }
  }
  notes_.Problem(interface.at, "interface " + Quoted(interface.name) + " is neither upstream nor downstream" +
                                   DidYouMean(interface.name, known));
}

std::size_t Reader::problem_count() const {
  std::size_t count = notes_.problem_count();
  for (const ProxyReader& proxy : proxies_) count += proxy.notes().problem_count();
  return count;
}

/// One program of a network namespace can have the kernel's multicast routing of a family.
void Reader::CheckKernelDatapaths() {
  const ProxyReader* ipv4 = nullptr;
  const ProxyReader* ipv6 = nullptr;
  for (const ProxyReader& proxy : proxies_) {
    if (proxy.datapath() != DatapathSetting::kKernel) continue;
    const ProxyReader* other = proxy.served().ipv4 && ipv4 != nullptr   ? ipv4
                               : proxy.served().ipv6 && ipv6 != nullptr ? ipv6
                                                                        : nullptr;
    if (other != nullptr) {
      notes_.Problem(proxy.datapath_at(),
                     "the kernel's multicast routing has one proxy, and " + Quoted(other->name()) +
                         " has it, on line " + std::to_string(other->datapath_at().line) +
                         "; write datapath = \"bpf\", or serve ipv4 in one and ipv6 in the other");
    }
    if (proxy.served().ipv4) ipv4 = &proxy;
    if (proxy.served().ipv6) ipv6 = &proxy;
  }
}

}  // namespace

tl::expected<Configs, ConfigProblems> ParseTomlConfigs(std::string_view text, const std::string& file) {
  ConfigNotes refused(file);
  if (const auto before = RefuseBeforeToml(text)) {
    refused.Problem(before->at, before->why);
    return tl::unexpected(refused.Problems());
  }
  try {
    return Reader(file).Read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    refused.Problem({at.line, at.column}, std::string(error.description()) + BareWordHint(text, at.line));
    return tl::unexpected(refused.Problems());
  }
}

}  // namespace bpfcast
