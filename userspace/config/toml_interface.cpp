#include "config/toml_interface.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "config/keys.h"
#include "config/static.h"
#include "config/timing.h"
#include "config/toml_value.h"
#include "config/top_keys.h"
#include "config/values.h"

namespace bpfcast {
namespace {

class InterfaceReader {
 public:
  InterfaceReader(PortRole role, ServedFamilies served, ConfigNotes& notes)
      : role_(role), served_(served), notes_(notes) {
    draft_.config = DefaultInterface(role, served);
  }

  std::optional<InterfaceConfig> Read(std::string_view name, const toml::table& table, TextPosition at,
                                      ConfigOrigins& origins);

 private:
  void WarnWithoutEffect(const InterfaceKey& known, const toml::key& key);
  void UnknownInterfaceKey(std::string_view interface, const toml::key& key, const toml::node& node);
  void Finish(TextPosition at);
  void WarnOfKernelMembership();
  template <class F>
  void WarnOfContradictions(const FamilyConfig<F>& family, const char* version_key);
  /// Where the value of a key stands; nothing when it was not given.
  std::optional<TextPosition> PlaceOf(std::string_view key) const;

  PortRole role_;
  ServedFamilies served_;
  ConfigNotes& notes_;
  InterfaceDraft draft_;
};

std::optional<InterfaceConfig> InterfaceReader::Read(std::string_view name, const toml::table& table,
                                                     TextPosition at, ConfigOrigins& origins) {
  const std::size_t problems_before = notes_.problem_count();
  for (const auto& [key, value] : table) {
    const InterfaceKey* known = FindInterfaceKey(key.str());
    if (known == nullptr) {
      UnknownInterfaceKey(name, key, value);
      continue;
    }
    known->read(TomlValue(key.str(), value, served_, notes_), draft_);
    draft_.places.emplace(key.str(), PositionOf(value));
    WarnWithoutEffect(*known, key);
  }
  if (notes_.problem_count() == problems_before) Finish(at);
  if (notes_.problem_count() > problems_before) return std::nullopt;
  for (const auto& [key, place] : draft_.places) origins.NotePlace(name, key, place);
  return std::move(draft_.config);
}

void InterfaceReader::WarnWithoutEffect(const InterfaceKey& known, const toml::key& key) {
  const auto warn = [&](const char* why) {
    notes_.Warning(PositionOf(key), Quoted(key.str()) + " has no effect" + why);
  };
  if (known.side == KeySide::kDownstream && role_ == PortRole::kUpstream) {
    warn(" on the upstream; it belongs to a downstream");
  }
  if (known.side == KeySide::kUpstream && role_ == PortRole::kDownstream) {
    warn(" on a downstream; it belongs to the upstream");
  }
  if (known.family == KeyFamily::kIgmp && !served_.ipv4) warn(": 'ipv4' is false");
  if (known.family == KeyFamily::kMld && !served_.ipv6) warn(": 'ipv6' is false");
}

void InterfaceReader::Finish(TextPosition at) {
  SetTiming(draft_, at, notes_);
  const bool other_lists = draft_.access.allowed_groups || !draft_.access.denied_groups.empty();
  if (const auto rules = PlaceOf("group-rules"); rules && other_lists) {
    notes_.Problem(*rules,
                   "'group-rules' says what 'allow-groups' and 'deny-groups' say; write one or the other");
  }
  draft_.config.ipv4.SetAccess(MakeAccessList<Igmp>(draft_.access));
  draft_.config.ipv6.SetAccess(MakeAccessList<Mld>(draft_.access));
  SetStaticMemberships(draft_, notes_);
  if (const auto altnet = PlaceOf("altnet"); altnet && draft_.config.source_check == SourceCheck::kOff) {
    notes_.Warning(*altnet, "'altnet' has no effect: 'source-check' is off");
  }
  if (draft_.config.ipv4.upstream.membership == UpstreamMembership::kKernel) WarnOfKernelMembership();
  // What is said of a family that is not served makes no difference between two configurations.
  const InterfaceConfig usual = DefaultInterface(role_, served_);
  if (!served_.ipv4) draft_.config.ipv4 = usual.ipv4;
  if (!served_.ipv6) draft_.config.ipv6 = usual.ipv6;
  WarnOfContradictions(draft_.config.ipv4, "version");
  WarnOfContradictions(draft_.config.ipv6, "mld-version");
}

/// D-32: its host side follows sysctls.
void InterfaceReader::WarnOfKernelMembership() {
  if (role_ != PortRole::kUpstream) return;
  constexpr std::array<std::pair<const char*, const char*>, 5> kOfTheKernel = {
      {{"version", "net.ipv4.conf.NAME.force_igmp_version"},
       {"mld-version", "net.ipv6.conf.NAME.force_mld_version"},
       {"compat-querier", "the kernel follows older queriers"},
       {"report-ssm-to-older-querier", "the kernel reports them always"},
       {"unsolicited-report-interval", "net.ipv4.conf.NAME.igmpv3_unsolicited_report_interval"}}};
  for (const auto& [key, instead] : kOfTheKernel) {
    if (const auto place = PlaceOf(key)) {
      notes_.Warning(*place, Quoted(key) + " has no effect: 'membership' is \"kernel\"; see " + instead);
    }
  }
}

template <class F>
void InterfaceReader::WarnOfContradictions(const FamilyConfig<F>& family, const char* version_key) {
  if (!family.served) return;
  const auto ssm_only = PlaceOf("ssm-only");
  const auto version = PlaceOf(version_key);
  if (ssm_only && version && family.version() != Version::kV3 &&
      family.downstream.querier.older_messages == OlderMessages::kIgnoreAll) {
    notes_.Warning(*ssm_only,
                   std::string("'ssm-only' ignores everything that hosts say to a router whose '") +
                       version_key + "' is an older one");
  }
  const auto allowed = PlaceOf("allow-groups");
  if (!allowed || !draft_.access.allowed_groups) return;
  const bool upstream = role_ == PortRole::kUpstream;
  for (const auto& group : draft_.access.allowed_groups->Of<F>()) {
    for (const auto& boundary : upstream ? family.upstream.boundaries : family.downstream.boundaries) {
      if (boundary.length > group.length || !boundary.Contains(group.address)) continue;
      notes_.Warning(*allowed, "'allow-groups': the interface is a boundary of " + boundary.ToString() +
                                   ", so that it does not pass all the same; see 'boundaries'");
    }
  }
}

std::optional<TextPosition> InterfaceReader::PlaceOf(std::string_view key) const {
  const auto found = draft_.places.find(key);
  if (found == draft_.places.end()) return std::nullopt;
  return found->second;
}

void InterfaceReader::UnknownInterfaceKey(std::string_view interface, const toml::key& key,
                                          const toml::node& node) {
  const TextPosition at = PositionOf(key);
  if (FindTopKey(key.str()) != nullptr) {
    return notes_.Problem(at,
                          Quoted(key.str()) + " belongs to the top of the file, before the first [table]");
  }
  if (node.is_table()) {
    return notes_.Problem(at, "unknown table; a name with a dot must be quoted: [interface.\"" +
                                  std::string(interface) + "." + std::string(key.str()) + "\"]");
  }
  std::vector<std::string> names;
  for (const InterfaceKey& each : InterfaceKeys()) names.emplace_back(each.name);
  UnknownKey(key, names, notes_);
}

}  // namespace

std::optional<InterfaceConfig> ReadTomlInterface(std::string_view name, const toml::table& table,
                                                 PortRole role, ServedFamilies served, TextPosition at,
                                                 ConfigNotes& notes, ConfigOrigins& origins) {
  return InterfaceReader(role, served, notes).Read(name, table, at, origins);
}

}  // namespace bpfcast
