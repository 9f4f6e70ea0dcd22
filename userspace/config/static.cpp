#include "config/static.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

#include "config/values.h"

namespace bpfcast {
namespace {

struct Channel {
  std::string_view source;  // empty: all
  std::string_view group;
};

Channel Split(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return {{}, text};
  return {text.substr(0, at), text.substr(at + 1)};
}

/// The error follows the quoted text.
template <class F>
Result<StaticMembership<F>> Parse(std::string_view text) {
  using Address = typename F::Address;
  constexpr const char* kLooksLike =
      R"(is no group and no source of one; write "239.1.1.1", "ff1e::1", or "10.0.0.1@232.1.1.1")";
  const Channel channel = Split(text);
  const auto group = Address::Parse(channel.group);
  if (!group || !group->IsMulticast()) return Fail(kLooksLike);
  if (!F::IsRoutable(*group)) return Fail("stays on its link and is never forwarded");
  StaticMembership<F> membership{*group, std::nullopt};
  if (channel.group.size() == text.size()) return membership;
  membership.source = Address::Parse(channel.source);
  if (!membership.source) return Fail(kLooksLike);
  if (!F::IsSource(*membership.source)) return Fail("names a source that no packet has");
  return membership;
}

template <class F>
std::vector<StaticMembership<F>>& MembershipsOf(InterfaceConfig& config) {
  auto& family = [&]() -> FamilyConfig<F>& {
    if constexpr (std::is_same_v<F, Igmp>) {
      return config.ipv4;
    } else {
      return config.ipv6;
    }
  }();
  return config.role == PortRole::kUpstream ? family.upstream.pull : family.downstream.static_memberships;
}

template <class F>
Result<std::vector<std::string>> Add(std::string_view text, InterfaceConfig& config) {
  const auto membership = Parse<F>(text);
  if (!membership) return tl::unexpected(membership.error());
  const FamilyConfig<F>& family = config.Of<F>();
  const std::string example = std::is_same_v<F, Igmp> ? "10.0.0.1" : "2001:db8::1";
  if (!membership->source && IsSsm(family.downstream.querier.ssm_ranges, membership->group)) {
    return Fail("is source-specific; write which source, as in \"" + example + "@" +
                membership->group.ToString() + "\"");
  }
  auto& all = MembershipsOf<F>(config);
  std::vector<std::string> warnings;
  if (std::find(all.begin(), all.end(), *membership) != all.end()) {
    warnings.emplace_back("is named twice");
    return warnings;
  }
  const bool upstream = config.role == PortRole::kUpstream;
  for (const auto& boundary : upstream ? family.upstream.boundaries : family.downstream.boundaries) {
    if (boundary.Contains(membership->group)) {
      warnings.push_back("has no effect: the interface is a boundary of " + boundary.ToString());
    }
  }
  if (!family.served) {
    constexpr const char* kKey = std::is_same_v<F, Igmp> ? "'ipv4'" : "'ipv6'";
    warnings.push_back(std::string("has no effect: ") + kKey + " is false");
  }
  all.push_back(*membership);
  return warnings;
}

template <class F>
bool Remove(std::string_view text, InterfaceConfig& config) {
  const auto membership = Parse<F>(text);
  return membership && std::erase(MembershipsOf<F>(config), *membership) > 0;
}

bool IsIpv6(std::string_view text) {
  return Split(text).group.find(':') != std::string_view::npos;
}

}  // namespace

Result<std::vector<std::string>> AddStaticMembership(std::string_view text, InterfaceConfig& config) {
  return IsIpv6(text) ? Add<Mld>(text, config) : Add<Igmp>(text, config);
}

bool RemoveStaticMembership(std::string_view text, InterfaceConfig& config) {
  return IsIpv6(text) ? Remove<Mld>(text, config) : Remove<Igmp>(text, config);
}

void SetStaticMemberships(InterfaceDraft& draft, ConfigNotes& notes) {
  for (const TextAt& entry : draft.static_groups) {
    const std::string begin = "'static-groups': " + Quoted(entry.text) + " ";
    const auto added = AddStaticMembership(entry.text, draft.config);
    if (!added) {
      notes.Problem(entry.at, begin + added.error().message);
      continue;
    }
    for (const std::string& warning : *added) notes.Warning(entry.at, begin + warning);
  }
}

}  // namespace bpfcast
