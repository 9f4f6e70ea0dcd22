// The programs that forward in a network namespace, of whatever instance, found by what the kernel knows of
// them: pins are not needed, nor an agent.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "datapath/bpf_fd.h"

namespace bpfcast {

enum class ProgramKind : std::uint8_t { kXdp, kXdpEgress, kTc, kTcBare };

struct ForwardingProgram {
  std::uint32_t id = 0;
  ProgramKind kind = ProgramKind::kTc;
  const char* name = "";
  BpfFd program;
  BpfFd verdicts;  // its counters; none when they are not of our version
  BpfFd if_port;   // the ports that it serves, by ifindex
};

/// Those of the namespace with this cookie whose agent lives, or whose lease is not over. Others forward
/// nothing: they pass all packets on, or are attached nowhere, and are there for whoever looks into them.
/// Needs CAP_SYS_ADMIN.
Result<std::vector<ForwardingProgram>> FindForwardingPrograms(std::uint64_t netns_cookie);

}  // namespace bpfcast
