// What the datapath makes of Passages.
#pragma once

#include "routing/passage.h"

namespace bpfcast {

template <class F>
Passage PassageOf(const Passages<F>& passages, const typename F::Address& group) {
  const PassageRule<F>* longest = nullptr;
  for (const PassageRule<F>& rule : passages.rules) {
    if (!rule.groups.Contains(group)) continue;
    if (longest == nullptr || rule.groups.length > longest->groups.length) longest = &rule;
  }
  return longest == nullptr ? passages.otherwise : longest->passage;
}

}  // namespace bpfcast
