#include "datapath/prefix_rules.h"

namespace bpfcast {
namespace {

template <class F>
typename FamilyAbi<F>::PrefixKey ToPrefixKey(const PrefixRule<F>& rule) {
  typename FamilyAbi<F>::PrefixKey key{};
  key.prefixlen = BPFCAST_SCOPE_BITS + rule.length;
  key.scope = rule.scope;
  WriteAddress(rule.address, key.address);
  return key;
}

}  // namespace

template <class F>
Result<void> PrefixTable<F>::Add(const PrefixRules<F>& wanted) {
  for (const auto& [rule, value] : wanted) {
    const auto known = present_.find(rule);
    if (known != present_.end() && known->second == value) continue;
    if (Result<void> written = map_.Set(ToPrefixKey<F>(rule), value); !written) return written;
    present_[rule] = value;
  }
  return {};
}

template <class F>
void PrefixTable<F>::RemoveOthers(const PrefixRules<F>& wanted) {
  std::erase_if(present_, [&](const auto& entry) {
    if (wanted.contains(entry.first)) return false;
    map_.Erase(ToPrefixKey<F>(entry.first));
    return true;
  });
}

template <class F>
void PrefixTable<F>::RemoveUnknown() {
  const auto known = [&](const auto& key) {
    return present_.contains(PrefixRule<F>{key.scope, ReadAddress<typename F::Address>(key.address),
                                           key.prefixlen - BPFCAST_SCOPE_BITS});
  };
  for (const auto& key : map_.Keys()) {
    if (!known(key)) map_.Erase(key);
  }
}

template class PrefixTable<Igmp>;
template class PrefixTable<Mld>;

}  // namespace bpfcast
