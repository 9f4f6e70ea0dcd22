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
class StaticReader {
 public:
  StaticReader(FamilyConfig<F>& family, PortRole role, ConfigNotes& notes)
      : family_(family), upstream_(role == PortRole::kUpstream), notes_(notes) {}

  void Add(const TextAt& entry) {
    const auto membership = Parse<F>(entry.text);
    if (!membership) return Problem(entry, membership.error().message);
    const std::string example = std::is_same_v<F, Igmp> ? "10.0.0.1" : "2001:db8::1";
    const auto& ssm = family_.downstream.querier.ssm_ranges;
    if (!membership->source && IsSsm(ssm, membership->group)) {
      return Problem(entry, "is source-specific; write which source, as in \"" + example + "@" +
                                membership->group.ToString() + "\"");
    }
    auto& all = upstream_ ? family_.upstream.pull : family_.downstream.static_memberships;
    if (std::find(all.begin(), all.end(), *membership) != all.end()) {
      return Warning(entry, "is named twice");
    }
    for (const auto& boundary : upstream_ ? family_.upstream.boundaries : family_.downstream.boundaries) {
      if (boundary.Contains(membership->group)) {
        Warning(entry, "has no effect: the interface is a boundary of " + boundary.ToString());
      }
    }
    if (!family_.served) {
      constexpr const char* kKey = std::is_same_v<F, Igmp> ? "'ipv4'" : "'ipv6'";
      Warning(entry, std::string("has no effect: ") + kKey + " is false");
    }
    all.push_back(*membership);
  }

 private:
  void Problem(const TextAt& entry, const std::string& text) {
    notes_.Problem(entry.at, "'static-groups': " + Quoted(entry.text) + " " + text);
  }
  void Warning(const TextAt& entry, const std::string& text) {
    notes_.Warning(entry.at, "'static-groups': " + Quoted(entry.text) + " " + text);
  }

  FamilyConfig<F>& family_;
  bool upstream_;
  ConfigNotes& notes_;
};

}  // namespace

void SetStaticMemberships(InterfaceDraft& draft, ConfigNotes& notes) {
  StaticReader<Igmp> ipv4(draft.config.ipv4, draft.config.role, notes);
  StaticReader<Mld> ipv6(draft.config.ipv6, draft.config.role, notes);
  for (const TextAt& entry : draft.static_groups) {
    if (Split(entry.text).group.find(':') == std::string_view::npos) {
      ipv4.Add(entry);
    } else {
      ipv6.Add(entry);
    }
  }
}

}  // namespace bpfcast
