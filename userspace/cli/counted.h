// A number and what is counted, for people.
#pragma once

#include <cstdint>
#include <string>

#include "cli/human.h"

namespace bpfcast {

/// "1 packet", "2 packets", "1 234 567 packets"
inline std::string HumanCounted(std::uint64_t count, const char* one) {
  return HumanCount(count) + " " + one + (count == 1 ? "" : "s");
}

}  // namespace bpfcast
