// PassageRules: makes the passages of a port out of lists of group prefixes that may lie in each other.
#pragma once

#include <vector>

#include "routing/passage.h"
#include "wire/family.h"

namespace bpfcast {

/// What decides over a group: the first of the three lists that contains it, whatever the lengths of the
/// prefixes, and `otherwise` when none does.
template <class F>
struct PassageLists {
  using Prefixes = std::vector<Prefix<typename F::Address>>;

  Prefixes nowhere;       // Passage::kNowhere
  Prefixes not_upstream;  // Passage::kNotUpstream
  Prefixes anywhere;      // Passage::kAnywhere
  Passage otherwise = Passage::kAnywhere;
};

/// The same, decided by the longest prefix. No prefix stands there twice, and none that changes nothing.
template <class F>
Passages<F> ByLongestPrefix(const PassageLists<F>& lists);

extern template Passages<Igmp> ByLongestPrefix(const PassageLists<Igmp>&);
extern template Passages<Mld> ByLongestPrefix(const PassageLists<Mld>&);

}  // namespace bpfcast
