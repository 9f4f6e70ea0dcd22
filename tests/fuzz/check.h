// How a fuzz target says that something is wrong: it prints the claim that does not hold and aborts.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bpfcast::fuzz {

/// `claim` says what should be; `detail` is made only when it is not.
template <class Detail>
void Check(bool holds, std::string_view claim, Detail detail) {
  if (holds) return;
  const std::string text = detail();
  std::fprintf(stderr, "does not hold: %.*s %s\n", static_cast<int>(claim.size()), claim.data(),
               text.c_str());
  std::abort();
}
inline void Check(bool holds, std::string_view claim) {
  Check(holds, claim, [] { return std::string(); });
}

}  // namespace bpfcast::fuzz
