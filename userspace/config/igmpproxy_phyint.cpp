#include "config/igmpproxy_phyint.h"

#include <algorithm>
#include <optional>

#include "config/igmpproxy_values.h"
#include "config/values.h"

namespace bpfcast {
namespace {

std::string_view WithoutQuotes(std::string_view name) {
  const auto is_quote = [](char c) { return c == '"' || c == '\''; };
  if (name.size() < 3 || !is_quote(name.front()) || name.back() != name.front()) return name;
  return name.substr(1, name.size() - 2);
}

/// Says what is wrong with the word, or how it was understood.
std::optional<Prefix<Ipv4Address>> ReadNetwork(const ConfigWord& word, ConfigNotes& notes) {
  const auto read = ParseLooseNetwork(word.text);
  if (!read) {
    notes.Problem(word.at, Quoted(word.text) + " is not a network; write it as in 10.0.0.0/8");
    return std::nullopt;
  }
  if (!read->doubt.empty()) {
    notes.Warning(word.at,
                  Quoted(word.text) + " " + read->doubt + "; it is taken as " + read->network.ToString());
  }
  return read->network;
}

/// Does the network hold any multicast address?
bool HasGroups(const Prefix<Ipv4Address>& network) {
  return network.address.IsMulticast() || network.Contains(MakeIpv4(224, 0, 0, 0));
}

}  // namespace

InterfaceConfig DefaultPhyint() {
  InterfaceConfig config =
      DefaultInterface(PortRole::kDownstream, {.ipv4 = true, .ipv6 = false});  // it has no word for IPv6
  // No source is refused unless an altnet says which are expected.
  config.source_check = SourceCheck::kOff;
  return config;
}

Phyint::Phyint(const ConfigWord& name, PhyintRole default_role, ConfigNotes& notes)
    : at_(name.at), role_(default_role) {
  if (name.text.size() > kLongestInterfaceName) {
    notes.Problem(at_, Quoted(name.text) + " is longer than the 15 characters of an interface name");
    return;
  }
  const std::string_view interface = name.text.substr(0, name.text.find(':'));
  config_.name = interface;
  origins_.NoteReason(interface, "source-check", kWithoutAltnet);
  if (const auto valid = CheckInterfaceName(interface); !valid) {
    usable_ = false;
    notes.Warning(at_, Quoted(name.text) + " cannot be the name of an interface, so it is left out");
    return;
  }
  if (interface.size() != name.text.size()) {
    notes.Warning(at_, Quoted(name.text) + " is a label for an address; the whole interface " +
                           Quoted(interface) + " is meant");
  } else if (WithoutQuotes(interface) != interface) {
    notes.Warning(at_, "the quotes belong to the name " + Quoted(interface) + "; write " +
                           std::string(WithoutQuotes(interface)) + " without them");
  }
}

void Phyint::SetRole(const ConfigWord& keyword, ConfigNotes& notes) {
  const PhyintRole role = keyword.text == "upstream"     ? PhyintRole::kUpstream
                          : keyword.text == "downstream" ? PhyintRole::kDownstream
                                                         : PhyintRole::kDisabled;
  if (role_given_ && role != role_) {
    notes.Warning(keyword.at, Quoted(config_.name) + " has several roles; the last one, " +
                                  Quoted(keyword.text) + ", counts");
  }
  role_ = role;
  role_given_ = true;
}

void Phyint::SetThreshold(const ConfigWord& number, ConfigNotes& notes) {
  const LooseNumber threshold = ParseLooseNumber(number.text);
  if (threshold.value < 1 || threshold.value > 255) {
    return notes.Problem(number.at, "'threshold' must be 1 to 255, not " + Quoted(number.text));
  }
  origins_.NotePlace(config_.name, "ttl-threshold", number.at);
  config_.ttl_threshold = static_cast<std::uint8_t>(threshold.value);
  if (!threshold.exact) {
    notes.Warning(number.at, Quoted(number.text) + " is taken as " + std::to_string(threshold.value));
  }
}

void Phyint::AddAltnet(const ConfigWord& word, ConfigNotes& notes) {
  const auto network = ReadNetwork(word, notes);
  if (!network) return;
  if (network->address.IsMulticast()) {
    return notes.Warning(word.at, "altnet " + network->ToString() +
                                      " is a range of groups, not of sources; it restricts nothing");
  }
  origins_.NotePlace(config_.name, "altnet", word.at);
  origins_.NotePlace(config_.name, "source-check", word.at);
  any_source_ = any_source_ || network->length == 0;
  auto& sources = config_.ipv4.other_sources;
  if (any_source_) {
    sources.clear();
  } else if (std::find(sources.begin(), sources.end(), *network) == sources.end()) {
    sources.push_back(*network);
  }
  config_.source_check = sources.empty() ? SourceCheck::kOff : SourceCheck::kSubnet;
}

void Phyint::AddAccess(Access access, const ConfigWord& word, ConfigNotes& notes) {
  const auto network = ReadNetwork(word, notes);
  if (!network) return;
  if (!HasGroups(*network)) {
    notes.Warning(word.at,
                  network->ToString() + " contains no multicast group, so the entry matches nothing");
  }
  origins_.NotePlace(config_.name, "group-rules", word.at);
  // Whichever role the interface will have.
  for (AccessList<Igmp>* list : {&config_.ipv4.upstream.host.access, &config_.ipv4.downstream.access}) {
    list->rules.push_back({access, *network, {Ipv4Address(), 0}});
    if (access == Access::kPermit) list->otherwise = Access::kDeny;
  }
}

}  // namespace bpfcast
