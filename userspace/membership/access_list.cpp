#include "membership/access_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bpfcast {
namespace {

template <class F, class Matches>
const AccessRule<F>* LastThat(const AccessList<F>& list, const Matches& matches) {
  const auto found = std::find_if(list.rules.rbegin(), list.rules.rend(), matches);
  return found == list.rules.rend() ? nullptr : &*found;
}

template <class F>
bool Permits(const AccessRule<F>* rule, Access otherwise) {
  return (rule == nullptr ? otherwise : rule->access) == Access::kPermit;
}

}  // namespace

template <class F>
const AccessRule<F>* AccessList<F>::Deciding(const Address& group) const {
  return LastThat(*this, [&](const AccessRule<F>& rule) {
    return rule.source.length == 0 && rule.group.Contains(group);
  });
}

template <class F>
const AccessRule<F>* AccessList<F>::Deciding(const Address& group, const Address& source) const {
  return LastThat(*this, [&](const AccessRule<F>& rule) {
    return rule.source.Contains(source) && rule.group.Contains(group);
  });
}

template <class F>
bool AccessList<F>::Permits(const Address& group) const {
  return only_sources.HasAll() && bpfcast::Permits(Deciding(group), otherwise);
}

template <class F>
bool AccessList<F>::Permits(const Address& group, const Address& source) const {
  return only_sources.Has(source) && bpfcast::Permits(Deciding(group, source), otherwise);
}

template <class F>
bool AccessList<F>::TellsSourcesApart() const {
  return only_sources.IsListed() || std::any_of(rules.begin(), rules.end(), [](const AccessRule<F>& rule) {
           return rule.source.length > 0;
         });
}

template <class F>
MembershipRecord<F> Permitted(const AccessList<F>& list, const typename F::Address& group,
                              const MembershipRecord<F>& record) {
  if (record.mode == FilterMode::kExclude) return list.Permits(group) ? record : MembershipRecord<F>();
  // Most rules are on other groups, and there may be many sources.
  AccessList<F> rest{{}, list.otherwise, list.only_sources};
  std::copy_if(list.rules.begin(), list.rules.end(), std::back_inserter(rest.rules),
               [&](const AccessRule<F>& rule) { return rule.group.Contains(group); });
  if (rest == AccessList<F>()) return record;
  std::vector<typename F::Address> sources;
  for (const auto& source : record.sources) {
    if (rest.Permits(group, source)) sources.push_back(source);
  }
  return {FilterMode::kInclude, SourceSet<F>(std::move(sources))};
}

template MembershipRecord<Igmp> Permitted(const AccessList<Igmp>&, const Ipv4Address&,
                                          const MembershipRecord<Igmp>&);
template MembershipRecord<Mld> Permitted(const AccessList<Mld>&, const Ipv6Address&,
                                         const MembershipRecord<Mld>&);
template struct AccessList<Igmp>;
template struct AccessList<Mld>;

}  // namespace bpfcast
