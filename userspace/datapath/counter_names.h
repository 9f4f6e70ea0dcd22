// The names of the counters, in the order of enum bpfcast_counter.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "bpfcast/abi.h"

namespace bpfcast {

#define BPFCAST_NAME(name, text, meaning) text,
inline constexpr std::array<std::string_view, BPFCAST_COUNTER_COUNT> kCounterNames = {
    BPFCAST_VERDICTS(BPFCAST_NAME) BPFCAST_COPY_DROPS(BPFCAST_NAME)};
#undef BPFCAST_NAME

/// Of single copies, rather than of packets that arrived.
constexpr bool IsOfCopies(std::uint32_t counter) {
  return counter >= BPFCAST_VERDICT_COUNT;
}

}  // namespace bpfcast
