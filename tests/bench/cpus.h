// Who works on which CPU, and how much it works.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/clock.h"
#include "support/netns.h"

namespace bpfcast::test {

/// The router's arrival port, its forwarding and the sinks have a CPU of their own, if there are two. All
/// else, the traffic too, is on the other one.
struct CpuPlan {
  int traffic = 0;
  int forwarding = 0;

  bool shared() const { return traffic == forwarding; }
};
/// From the CPUs that this process may use.
CpuPlan PlanCpus();

/// 0 is the calling thread. Throws when the kernel refuses.
void Pin(pid_t thread, int cpu);

/// Before all others that want the same CPU. For the calling thread (0) and all that it starts, or for
/// another one.
void Prefer(pid_t thread);

/// How long the threads ran since they started, to the nanosecond. Work that interrupts brought to them
/// counts, unless the kernel keeps its time apart (CONFIG_IRQ_TIME_ACCOUNTING).
Clock::duration RunTime(const std::vector<pid_t>& threads);

/// Makes the interface receive in a thread of its own, preferred on this CPU; gives every thread that may do
/// what follows from it there. The interface has NAPI and is up.
std::vector<pid_t> ReceiveOn(int cpu, const NetNs& ns, const std::string& interface);

}  // namespace bpfcast::test
