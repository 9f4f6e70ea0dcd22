#include "datapath/passage_rules.h"

#include <algorithm>

namespace bpfcast {

std::uint32_t ToAbi(Passage passage) {
  switch (passage) {
    case Passage::kAnywhere:
      return BPFCAST_PASSAGE_ANYWHERE;
    case Passage::kNotUpstream:
      return BPFCAST_PASSAGE_NOT_UPSTREAM;
    case Passage::kNowhere:
      return BPFCAST_PASSAGE_NOWHERE;
  }
  return BPFCAST_PASSAGE_NOWHERE;
}

template <class F>
PrefixRules<F> MakePassageRules(const std::vector<DatapathPort>& ports) {
  PrefixRules<F> rules;
  for (const DatapathPort& port : ports) {
    if (!FamilyAbi<F>::Of(port).served) continue;  // nobody looks at its packets
    for (const PassageRule<F>& rule : FamilyAbi<F>::Of(port).passages.rules) {
      rules[RuleFor<F>(static_cast<std::uint32_t>(port.id), rule.groups)] = ToAbi(rule.passage);
    }
  }
  return rules;
}

template <class F>
bool RestrictsGroups(const Passages<F>& passages) {
  return passages.otherwise != Passage::kAnywhere ||
         std::any_of(passages.rules.begin(), passages.rules.end(),
                     [](const PassageRule<F>& rule) { return rule.passage != Passage::kAnywhere; });
}

template <class F>
GuardedGroups<F>::GuardedGroups(const std::vector<DatapathPort>& ports) {
  for (const DatapathPort& port : ports) {
    if (!FamilyAbi<F>::Of(port).served) continue;
    const Passages<F>& passages = FamilyAbi<F>::Of(port).passages;
    if (passages.otherwise != Passage::kAnywhere) prefixes_.insert(PrefixRule<F>{});
    for (const PassageRule<F>& rule : passages.rules) {
      if (rule.passage != Passage::kAnywhere) prefixes_.insert(RuleFor<F>(0, rule.groups));
    }
  }
}

template <class F>
bool GuardedGroups<F>::Contains(const typename F::Address& group) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const PrefixRule<F>& rule) {
    return Prefix<typename F::Address>{rule.address, rule.length}.Contains(group);
  });
}

template PrefixRules<Igmp> MakePassageRules<Igmp>(const std::vector<DatapathPort>&);
template PrefixRules<Mld> MakePassageRules<Mld>(const std::vector<DatapathPort>&);
template bool RestrictsGroups<Igmp>(const Passages<Igmp>&);
template bool RestrictsGroups<Mld>(const Passages<Mld>&);
template class GuardedGroups<Igmp>;
template class GuardedGroups<Mld>;

}  // namespace bpfcast
