#include "bench/cpus.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "support/process.h"

namespace bpfcast::test {
namespace {

constexpr int kHighest = -20;

// The kernel's threads "napi/INTERFACE-N", of every namespace.
std::set<pid_t> ReceivingThreads() {
  std::set<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename();
    if (!std::ranges::all_of(pid, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    std::string name;
    std::getline(std::ifstream(entry.path() / "comm"), name);
    if (name.starts_with("napi/")) threads.insert(std::stoi(pid));
  }
  return threads;
}

void RunAtOnce(pid_t thread, Urgency urgency) {
  sched_param priority{};
  priority.sched_priority = static_cast<int>(urgency);
  if (sched_setscheduler(thread, SCHED_FIFO, &priority) != 0) {
    throw std::runtime_error("SCHED_FIFO for thread " + std::to_string(thread) + ": " + std::strerror(errno));
  }
}

}  // namespace

CpuPlan PlanCpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    throw std::runtime_error(std::string("sched_getaffinity: ") + std::strerror(errno));
  }
  CpuPlan plan{-1, -1};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    if (plan.traffic < 0) plan.traffic = cpu;
    plan.forwarding = cpu;
    if (!plan.shared()) break;
  }
  return plan;
}

void Pin(pid_t thread, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(thread, sizeof set, &set) != 0) {
    throw std::runtime_error("thread " + std::to_string(thread) + " to CPU " + std::to_string(cpu) + ": " +
                             std::strerror(errno));
  }
}

void ComeFirst() {
  if (setpriority(PRIO_PROCESS, 0, kHighest) != 0) {
    throw std::runtime_error(std::string("priority: ") + std::strerror(errno));
  }
}

Clock::duration RunTime(const std::vector<pid_t>& threads) {
  std::chrono::nanoseconds sum{};
  for (const pid_t thread : threads) {
    std::ifstream file("/proc/" + std::to_string(thread) + "/schedstat");
    std::int64_t running = 0;
    if (!(file >> running)) throw std::runtime_error("no run time of thread " + std::to_string(thread));
    sum += std::chrono::nanoseconds(running);
  }
  return sum;
}

std::vector<pid_t> ReceiveOn(int cpu, const NetNs& ns, const std::vector<std::string>& interfaces,
                             Urgency urgency) {
  const std::set<pid_t> others = ReceivingThreads();
  std::string script = "set -e\n";
  for (const std::string& name : interfaces) script += "echo 1 > /sys/class/net/" + name + "/threaded\n";
  // This mounts the /sys of the namespace.
  MustRun({"ip", "netns", "exec", ns.name(), "sh"}, nullptr, script);
  std::vector<pid_t> threads;
  for (const pid_t thread : ReceivingThreads()) {
    if (others.contains(thread)) continue;
    Pin(thread, cpu);
    RunAtOnce(thread, urgency);
    threads.push_back(thread);
  }
  if (threads.size() != interfaces.size()) {
    throw std::runtime_error(std::to_string(threads.size()) + " threads receive for " +
                             std::to_string(interfaces.size()) + " interfaces of " + ns.name());
  }
  return threads;
}

}  // namespace bpfcast::test
