// One packet through one program, without a wire: BPF_PROG_TEST_RUN.
#pragma once

#include <string>

#include "bpf/lab.h"

namespace bpfcast::bpftest {

struct Outcome {
  std::uint32_t action = 0;
  Bytes frame;
};

Outcome RunXdp(Lab& lab, const Bytes& frame, std::uint32_t ifindex);
Outcome RunTc(Lab& lab, const Bytes& frame, std::uint32_t ifindex);

/// What a port makes of a packet, whatever its hook: XDP first where it is, and TC for what XDP passed.
enum class Fate { kForward, kPass, kDrop };
struct PortOutcome {
  Fate fate = Fate::kPass;
  Bytes frame;
  Hook settled_by = Hook::kTc;
};
PortOutcome RunPort(Lab& lab, Hook hook, const Bytes& frame, std::uint32_t ifindex);

/// What becomes of a packet, by the one counter that moved: "several" when there were more.
std::string MovedCounter(Lab& lab, Hook hook, const Bytes& frame, PortId arrival);

/// Nanoseconds that one packet takes in the program of the hook, the mean of `packets` runs on the same
/// buffer: each takes one from the TTL.
std::uint32_t MeasureProgram(Lab& lab, Hook hook, const Bytes& frame, std::uint32_t ifindex, int packets);

/// Instructions that the verifier looked at when it took the program.
std::uint32_t VerifiedInstructions(int program);

}  // namespace bpfcast::bpftest
