// What a process keeps in the kernel: BPF objects, descriptors, memory.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>

namespace bpfcast::test {

/// Kind and number of a BPF object, as bpftool wants them: {"prog", "17"}.
using BpfObject = std::pair<std::string, std::string>;

/// Every BPF object that the process holds.
std::set<BpfObject> HeldBy(pid_t pid);
/// How many of one kind.
std::size_t HeldBy(pid_t pid, const std::string& kind);

std::size_t OpenDescriptors(pid_t pid);
std::size_t ResidentKilobytes(pid_t pid);

}  // namespace bpfcast::test
