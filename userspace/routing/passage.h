// Passage: where packets that arrive on a port may go, by their group, beside what routes say (E-33, F-50).
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"

namespace bpfcast {

enum class Passage : std::uint8_t {
  kAnywhere,
  kNotUpstream,  // to other downstreams only
  kNowhere,      // the arrival port is the boundary of the group
};

template <class F>
struct PassageRule {
  Prefix<typename F::Address> groups;
  Passage passage = Passage::kAnywhere;

  bool operator==(const PassageRule&) const = default;
};

/// The longest prefix that contains the group decides, `otherwise` when none does.
template <class F>
struct Passages {
  std::vector<PassageRule<F>> rules;
  Passage otherwise = Passage::kAnywhere;

  bool operator==(const Passages&) const = default;
};

}  // namespace bpfcast
