// The verdict on a stream: in which of its four steps it ends, why, and what to do next.
#pragma once

#include <cstdint>
#include <string>

#include "agent/explain_facts.h"

namespace bpfcast {

enum class StreamState : std::uint8_t {
  kDelivering,
  kLinkLocal,     // the group never leaves its link
  kNobodyWants,   // no member on any downstream
  kJoinRefused,   // members ask, and what they ask for is refused
  kWithheld,      // members count, and another router or a loop keeps packets from them
  kNotJoined,     // it is not asked for upstream
  kNoData,        // asked for, and nothing comes
  kDataRefused,   // packets come and are not forwarded
  kNotDelivered,  // the port of the members does not work, or does not take what is forwarded
};

/// "delivering", "no-data"
const char* Name(StreamState state);

struct StreamVerdict {
  StreamState state = StreamState::kDelivering;
  std::string sentence;
  std::string next;  // the next thing to do; empty when there is nothing to do
};

/// "none", "other-querier"
const char* Name(Obstacle obstacle);

StreamVerdict Judge(const StreamFacts& facts);

enum class Flowing : std::uint8_t { kForwarded, kRefused, kUnwanted, kStopped };
/// "forwarded", "unwanted"
const char* Name(Flowing flowing);
/// What becomes of the packets of a source now.
Flowing StateOf(const SeenFacts& seen);
/// Why they are refused, as a phrase, and what takes that away; for Flowing::kRefused.
std::string WhyRefused(const SeenFacts& seen);
std::string HowAccepted(const SeenFacts& seen);

}  // namespace bpfcast
