// PrefixRules: what the programs look up by the longest prefix of a port or of all ports, and the map that
// holds it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "datapath/bpf_map.h"
#include "datapath/family_abi.h"

namespace bpfcast {

/// One entry of `sources4`, `sources6`, `passages4` or `passages6`.
template <class F>
struct PrefixRule {
  std::uint32_t scope = 0;      // port id, or BPFCAST_SCOPE_ALL
  typename F::Address address;  // host bits zero
  unsigned length = 0;

  auto operator<=>(const PrefixRule&) const = default;
};

template <class F>
using PrefixRules = std::map<PrefixRule<F>, std::uint32_t>;

template <class F>
PrefixRule<F> RuleFor(std::uint32_t scope, const Prefix<typename F::Address>& prefix) {
  return {scope, prefix.First(), prefix.length};
}

/// A map in the kernel that follows rules in two steps, between which the entry of a port may change.
template <class F>
class PrefixTable {
 public:
  using Map = BpfMap<typename FamilyAbi<F>::PrefixKey, std::uint32_t>;

  explicit PrefixTable(Map& map) : map_(map) {}

  /// Writes what is new or different.
  Result<void> Add(const PrefixRules<F>& wanted);
  /// Takes away what is not wanted.
  void RemoveOthers(const PrefixRules<F>& wanted);
  /// The same for what is there and was never added: an earlier agent's.
  void RemoveUnknown();

 private:
  Map& map_;
  PrefixRules<F> present_;
};

}  // namespace bpfcast
