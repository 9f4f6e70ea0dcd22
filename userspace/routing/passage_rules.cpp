#include "routing/passage_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>

namespace bpfcast {
namespace {

/// The order of precedence.
constexpr std::array kByRank = {Passage::kNowhere, Passage::kNotUpstream, Passage::kAnywhere};
constexpr std::size_t kNoRank = kByRank.size();

}  // namespace

template <class F>
Passages<F> ByLongestPrefix(const PassageLists<F>& lists) {
  using Address = typename F::Address;
  // In the order of address and length a prefix comes after all that contain it, and before all that do not
  // and come later. Of the lists that name it, the first counts.
  std::map<std::pair<Address, unsigned>, std::size_t> ranks;
  std::size_t rank = 0;
  for (const auto* list : {&lists.nowhere, &lists.not_upstream, &lists.anywhere}) {
    for (const Prefix<Address>& prefix : *list) {
      const Prefix<Address> plain = prefix.WithoutHostBits();
      ranks.try_emplace({plain.address, plain.length}, rank);
    }
    ++rank;
  }

  Passages<F> passages;
  passages.otherwise = lists.otherwise;
  // The prefixes around the present one, the longest last; each with the rank of all that lies in it.
  std::vector<std::pair<Prefix<Address>, std::size_t>> around;
  const auto passage_here = [&] { return around.empty() ? lists.otherwise : kByRank[around.back().second]; };
  for (const auto& [key, own_rank] : ranks) {
    const Prefix<Address> prefix{key.first, key.second};
    while (!around.empty() && !around.back().first.Contains(prefix.address)) around.pop_back();
    const Passage outside = passage_here();
    around.emplace_back(prefix, std::min(own_rank, around.empty() ? kNoRank : around.back().second));
    if (passage_here() != outside) passages.rules.push_back({prefix, passage_here()});
  }
  return passages;
}

template Passages<Igmp> ByLongestPrefix(const PassageLists<Igmp>&);
template Passages<Mld> ByLongestPrefix(const PassageLists<Mld>&);

}  // namespace bpfcast
