// Who works on which CPU, and how much it works.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/clock.h"
#include "support/netns.h"

namespace bpfcast::test {

/// What arrives, its forwarding and the sinks have a CPU of their own, if there are two. All else, the
/// traffic too, is on the other one.
struct CpuPlan {
  int traffic = 0;
  int forwarding = 0;

  bool shared() const { return traffic == forwarding; }
};
/// From the CPUs that this process may use.
CpuPlan PlanCpus();

/// 0 is the calling thread. Throws when the kernel refuses.
void Pin(pid_t thread, int cpu);

/// Before all others of the machine that want the same CPU: the calling thread, and what it starts.
void ComeFirst();

/// How long the threads ran since they started, to the nanosecond.
Clock::duration RunTime(const std::vector<pid_t>& threads);

/// Who of a CPU's threads runs when both can: sinks, then arrival, then all others of the machine.
enum class Urgency : int { kArrival = 1, kSink = 2 };

/// Makes the interfaces receive in threads of their own (threaded NAPI) on this CPU, and gives these. The
/// interfaces have NAPI and are up.
std::vector<pid_t> ReceiveOn(int cpu, const NetNs& ns, const std::vector<std::string>& interfaces,
                             Urgency urgency);

}  // namespace bpfcast::test
