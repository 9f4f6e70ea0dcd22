#include "agent/config_toml_interface.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "agent/config_timing.h"
#include "agent/config_toml_timing.h"
#include "agent/config_values.h"

namespace bpfcast {
namespace {

TextPosition ToPosition(const toml::source_position& position) {
  return {position.line, position.column};
}

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

using Networks = std::vector<Prefix<Ipv4Address>>;

class InterfaceReader {
 public:
  InterfaceReader(PortRole role, ConfigNotes& notes) : role_(role), notes_(notes) {}

  std::optional<InterfaceConfig> Read(std::string_view name, const toml::table& table, TextPosition at);

 private:
  /// A key that sees only one side: it has no effect on the other.
  enum class Side : std::uint8_t { kBoth, kDownstream };
  struct Key {
    std::string_view name;
    Side side;
    void (InterfaceReader::*read)(std::string_view key, const toml::node& node);
  };
  static const std::array<Key, 11> kKeys;
  static const Key* Find(std::string_view name);
  static std::vector<std::string> Names();

  template <class Value>
  struct Choice {
    std::string_view word;
    Value value;
  };
  template <class Value, std::size_t N>
  void ReadWord(std::string_view key, const toml::node& node, const std::array<Choice<Value>, N>& choices,
                Value& out);
  std::optional<std::int64_t> ReadInteger(std::string_view key, const toml::node& node, std::int64_t least,
                                          std::int64_t most);
  enum class Content : std::uint8_t { kSources, kGroups };
  Networks ReadNetworks(std::string_view key, const toml::node& node, Content content);
  void ReadNetwork(std::string_view key, const toml::node& node, Content content, Networks& out);

  void Hook(std::string_view key, const toml::node& node);
  void Check(std::string_view key, const toml::node& node);
  void Altnet(std::string_view key, const toml::node& node);
  void Threshold(std::string_view key, const toml::node& node);
  void ProtocolVersion(std::string_view key, const toml::node& node);
  void CompatQuerier(std::string_view key, const toml::node& node);
  void FastLeaveSetting(std::string_view key, const toml::node& node);
  void ForwardIfNotQuerier(std::string_view key, const toml::node& node);
  void AllowGroups(std::string_view key, const toml::node& node);
  void DenyGroups(std::string_view key, const toml::node& node);
  void DenySources(std::string_view key, const toml::node& node);

  void UnknownInterfaceKey(std::string_view interface, const toml::key& key, const toml::node& node);
  void FinishAccess();

  PortRole role_;
  ConfigNotes& notes_;
  InterfaceConfig config_;
  TimingConfig timing_;
  std::optional<Networks> allowed_groups_;
  Networks denied_groups_;
  Networks denied_sources_;
};

const std::array<InterfaceReader::Key, 11> InterfaceReader::kKeys = {{
    {"hook", Side::kBoth, &InterfaceReader::Hook},
    {"source-check", Side::kBoth, &InterfaceReader::Check},
    {"altnet", Side::kBoth, &InterfaceReader::Altnet},
    {"ttl-threshold", Side::kBoth, &InterfaceReader::Threshold},
    {"version", Side::kBoth, &InterfaceReader::ProtocolVersion},
    {"compat-querier", Side::kDownstream, &InterfaceReader::CompatQuerier},
    {"fast-leave", Side::kDownstream, &InterfaceReader::FastLeaveSetting},
    {"forward-if-not-querier", Side::kDownstream, &InterfaceReader::ForwardIfNotQuerier},
    {"allow-groups", Side::kBoth, &InterfaceReader::AllowGroups},
    {"deny-groups", Side::kBoth, &InterfaceReader::DenyGroups},
    {"deny-sources", Side::kBoth, &InterfaceReader::DenySources},
}};

const InterfaceReader::Key* InterfaceReader::Find(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

std::vector<std::string> InterfaceReader::Names() {
  std::vector<std::string> names;
  for (const Key& key : kKeys) names.emplace_back(key.name);
  for (const auto& [name, setting] : TimingKeys()) names.push_back(name);
  return names;
}

std::optional<InterfaceConfig> InterfaceReader::Read(std::string_view name, const toml::table& table,
                                                     TextPosition at) {
  const std::size_t problems_before = notes_.problem_count();
  for (const auto& [key, value] : table) {
    if (const Key* known = Find(key.str())) {
      (this->*known->read)(key.str(), value);
      if (known->side == Side::kDownstream && role_ == PortRole::kUpstream) {
        notes_.Warning(ToPosition(key.source().begin),
                       Quoted(key.str()) + " has no effect on the upstream; it belongs to a downstream");
      }
    } else if (TimingKeys().contains(key.str())) {
      ReadTomlTiming(key.str(), value, timing_, notes_);
    } else {
      UnknownInterfaceKey(name, key, value);
    }
  }
  if (notes_.problem_count() > problems_before) return std::nullopt;
  const auto timing = MakeTomlTiming(timing_, config_.ipv4.version(), table, at, notes_);
  if (!timing) return std::nullopt;
  config_.ipv4.SetTiming(*timing);
  if (const toml::node* altnet = table.get("altnet"); altnet && config_.source_check == SourceCheck::kOff) {
    notes_.Warning(PositionOf(*altnet), "'altnet' has no effect: 'source-check' is off");
  }
  FinishAccess();
  return std::move(config_);
}

template <class Value, std::size_t N>
void InterfaceReader::ReadWord(std::string_view key, const toml::node& node,
                               const std::array<Choice<Value>, N>& choices, Value& out) {
  std::string possible;
  for (std::size_t i = 0; i < N; ++i) {
    possible += i == 0 ? "" : i + 1 == N ? " or " : ", ";
    possible.append("\"").append(choices[i].word).append("\"");
  }
  if (!node.is_string()) return ExpectedInstead(node, key, possible, notes_);
  const std::string text = *node.value<std::string>();
  for (const auto& choice : choices) {
    if (choice.word != text) continue;
    out = choice.value;
    return;
  }
  notes_.Problem(PositionOf(node), Quoted(key) + " must be " + possible + ", not \"" + text + "\"");
}

std::optional<std::int64_t> InterfaceReader::ReadInteger(std::string_view key, const toml::node& node,
                                                         std::int64_t least, std::int64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const toml::value<std::int64_t>* integer = node.as_integer();
  if (integer == nullptr) {
    ExpectedInstead(node, key, "a whole number from " + range, notes_);
    return std::nullopt;
  }
  if (integer->get() >= least && integer->get() <= most) return integer->get();
  notes_.Problem(PositionOf(node),
                 Quoted(key) + " must be " + range + ", not " + std::to_string(integer->get()));
  return std::nullopt;
}

Networks InterfaceReader::ReadNetworks(std::string_view key, const toml::node& node, Content content) {
  Networks networks;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& element : *array) ReadNetwork(key, element, content, networks);
  } else if (node.is_string()) {
    ReadNetwork(key, node, content, networks);
  } else {
    ExpectedInstead(node, key, R"(an array of networks, as in ["10.0.0.0/8"])", notes_);
  }
  return networks;
}

void InterfaceReader::ReadNetwork(std::string_view key, const toml::node& node, Content content,
                                  Networks& out) {
  if (!node.is_string()) return ExpectedInstead(node, key, "networks in quotes", notes_);
  const std::string text = *node.value<std::string>();
  const TextPosition at = PositionOf(node);
  const auto network = ParseNetwork(text);
  if (!network) return notes_.Problem(at, Quoted(key) + ": " + Quoted(text) + " " + network.error().message);
  const Prefix<Ipv4Address> plain = WithoutHostBits(*network);
  constexpr unsigned kGroupBits = 4;
  const bool groups = plain.address.IsMulticast() && plain.length >= kGroupBits;
  switch (content) {
    case Content::kGroups:
      if (!groups) {
        return notes_.Problem(
            at, Quoted(key) + ": " + Quoted(text) + " is no range of groups, which are in 224.0.0.0/4");
      }
      break;
    case Content::kSources:
      if (groups) {
        return notes_.Problem(at,
                              Quoted(key) + ": " + Quoted(text) + " is a range of groups, not of sources");
      }
      break;
  }
  if (plain != *network) {
    notes_.Warning(at,
                   Quoted(text) + " has bits behind its prefix length; it is taken as " + plain.ToString());
  }
  out.push_back(plain);
}

void InterfaceReader::Hook(std::string_view key, const toml::node& node) {
  constexpr std::array<Choice<HookSetting>, 3> kChoices = {
      {{"auto", HookSetting::kAuto}, {"xdp", HookSetting::kXdp}, {"tc", HookSetting::kTc}}};
  ReadWord(key, node, kChoices, config_.hook);
}

void InterfaceReader::Check(std::string_view key, const toml::node& node) {
  constexpr std::array<Choice<SourceCheck>, 2> kChoices = {
      {{"subnet", SourceCheck::kSubnet}, {"off", SourceCheck::kOff}}};
  ReadWord(key, node, kChoices, config_.source_check);
}

void InterfaceReader::Altnet(std::string_view key, const toml::node& node) {
  config_.ipv4.other_sources = ReadNetworks(key, node, Content::kSources);
}

void InterfaceReader::Threshold(std::string_view key, const toml::node& node) {
  if (const auto value = ReadInteger(key, node, 1, 255)) {
    config_.ttl_threshold = static_cast<std::uint8_t>(*value);
  }
}

void InterfaceReader::ProtocolVersion(std::string_view key, const toml::node& node) {
  if (const auto value = ReadInteger(key, node, 1, 3)) config_.ipv4.SetVersion(static_cast<Version>(*value));
}

void InterfaceReader::CompatQuerier(std::string_view key, const toml::node& node) {
  constexpr std::array<Choice<OlderQueriers>, 2> kChoices = {
      {{"auto", OlderQueriers::kFollow}, {"fixed", OlderQueriers::kWarn}}};
  ReadWord(key, node, kChoices, config_.ipv4.downstream.querier.older_queriers);
}

void InterfaceReader::FastLeaveSetting(std::string_view key, const toml::node& node) {
  const toml::value<bool>* value = node.as_boolean();
  if (value == nullptr) return ExpectedInstead(node, key, "true or false", notes_);
  config_.ipv4.downstream.querier.fast_leave = value->get() ? FastLeave::kTracked : FastLeave::kOff;
}

void InterfaceReader::ForwardIfNotQuerier(std::string_view key, const toml::node& node) {
  const toml::value<bool>* value = node.as_boolean();
  if (value == nullptr) return ExpectedInstead(node, key, "true or false", notes_);
  config_.ipv4.downstream.foreign_querier =
      value->get() ? ForeignQuerier::kKeepForwarding : ForeignQuerier::kStopForwarding;
}

void InterfaceReader::AllowGroups(std::string_view key, const toml::node& node) {
  allowed_groups_ = ReadNetworks(key, node, Content::kGroups);
  const toml::array* array = node.as_array();
  if (array != nullptr && array->empty()) {
    notes_.Warning(PositionOf(node), "'allow-groups' is empty, so no group is allowed");
  }
}

void InterfaceReader::DenyGroups(std::string_view key, const toml::node& node) {
  denied_groups_ = ReadNetworks(key, node, Content::kGroups);
}

void InterfaceReader::DenySources(std::string_view key, const toml::node& node) {
  denied_sources_ = ReadNetworks(key, node, Content::kSources);
}

/// The last rule that matches decides, so what is denied comes last.
void InterfaceReader::FinishAccess() {
  constexpr Prefix<Ipv4Address> kAny{Ipv4Address(), 0};
  AccessList<Igmp> access;
  if (allowed_groups_) {
    access.otherwise = Access::kDeny;
    for (const auto& group : *allowed_groups_) access.rules.push_back({Access::kPermit, group, kAny});
  }
  for (const auto& group : denied_groups_) access.rules.push_back({Access::kDeny, group, kAny});
  for (const auto& source : denied_sources_) access.rules.push_back({Access::kDeny, kAny, source});
  config_.ipv4.SetAccess(access);
}

void InterfaceReader::UnknownInterfaceKey(std::string_view interface, const toml::key& key,
                                          const toml::node& node) {
  const TextPosition at = ToPosition(key.source().begin);
  if (key == "upstream" || key == "downstream") {
    return notes_.Problem(at,
                          Quoted(key.str()) + " belongs to the top of the file, before the first [table]");
  }
  if (node.is_table()) {
    return notes_.Problem(at, "unknown table; a name with a dot must be quoted: [interface.\"" +
                                  std::string(interface) + "." + std::string(key.str()) + "\"]");
  }
  UnknownKey(key, Names(), notes_);
}

}  // namespace

TextPosition PositionOf(const toml::node& node) {
  return ToPosition(node.source().begin);
}

void ExpectedInstead(const toml::node& node, std::string_view key, std::string_view what,
                     ConfigNotes& notes) {
  notes.Problem(PositionOf(node), Quoted(key) + " must be " + std::string(what) + ", not " + TypeName(node));
}

void UnknownKey(const toml::key& key, const std::vector<std::string>& known, ConfigNotes& notes) {
  notes.Problem(ToPosition(key.source().begin),
                "unknown key " + Quoted(key.str()) + DidYouMean(key.str(), known));
}

std::optional<InterfaceConfig> ReadTomlInterface(std::string_view name, const toml::table& table,
                                                 PortRole role, TextPosition at, ConfigNotes& notes) {
  return InterfaceReader(role, notes).Read(name, table, at);
}

}  // namespace bpfcast
