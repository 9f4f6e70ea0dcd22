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
#include <functional>
#include <set>
#include <stdexcept>

#include "support/process.h"

namespace bpfcast::test {
namespace {

constexpr int kFirst = -20;

std::set<pid_t> Threads(const std::function<bool(const std::string&)>& has_name) {
  std::set<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename();
    if (!std::ranges::all_of(pid, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    std::string command;
    std::getline(std::ifstream(entry.path() / "comm"), command);
    if (has_name(command)) threads.insert(std::stoi(pid));
  }
  return threads;
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

void Prefer(pid_t thread) {
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(thread), kFirst) != 0) {
    throw std::runtime_error("priority of thread " + std::to_string(thread) + ": " + std::strerror(errno));
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

std::vector<pid_t> ReceiveOn(int cpu, const NetNs& ns, const std::string& interface) {
  // Those of every namespace.
  const auto receives = [&](const std::string& name) { return name.starts_with("napi/" + interface + "-"); };
  const std::set<pid_t> others = Threads(receives);
  // `ip netns exec` mounts the /sys of the namespace.
  MustRun(
      {"ip", "netns", "exec", ns.name(), "sh", "-c", "echo 1 > /sys/class/net/" + interface + "/threaded"});
  std::vector<pid_t> threads;
  for (const pid_t thread : Threads(receives)) {
    if (others.contains(thread)) continue;
    Pin(thread, cpu);
    Prefer(thread);
    threads.push_back(thread);
  }
  if (threads.empty()) throw std::runtime_error("no thread receives on " + interface);
  // The far ends' share, when there is much of it.
  const std::set<pid_t> softirq =
      Threads([&](const std::string& name) { return name == "ksoftirqd/" + std::to_string(cpu); });
  threads.insert(threads.end(), softirq.begin(), softirq.end());
  return threads;
}

}  // namespace bpfcast::test
