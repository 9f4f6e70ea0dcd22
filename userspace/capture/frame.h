// CapturedFrame: a frame on a port, and what the program there decided.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "bpfcast/capture.h"

namespace bpfcast {

enum class FrameDirection : std::uint8_t { kIn, kOut };

/// What the frames of a port begin with.
enum class LinkKind : std::uint8_t {
  kEthernet,
  kBare,  // the IP header (tun, ppp)
};

enum class JudgedBy : std::uint8_t { kXdp, kTc };

struct Judgement {
  JudgedBy by = JudgedBy::kTc;
  std::int32_t action = 0;                        // XDP_... or TC_ACT_...
  std::uint32_t verdict = BPFCAST_VERDICT_COUNT;  // none was counted
  std::array<std::uint16_t, BPFCAST_COPY_DROP_COUNT> copies_dropped{};
};

struct CapturedFrame {
  std::chrono::nanoseconds time{};  // since 1970
  std::size_t port = 0;             // of the capture, by its place
  FrameDirection direction = FrameDirection::kIn;
  std::optional<Judgement> judgement;
  std::uint32_t length = 0;  // on the wire; `octets` may be fewer
  std::vector<std::uint8_t> octets;
};

}  // namespace bpfcast
