#include "support/bpf_objects.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "support/netns.h"

namespace bpfcast::test {
namespace {

std::filesystem::path ProcessFolder(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

}  // namespace

std::set<BpfObject> HeldBy(pid_t pid) {
  std::set<BpfObject> objects;
  for (const auto& entry : std::filesystem::directory_iterator(ProcessFolder(pid) / "fdinfo")) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> words = Words(line);
      if (words.size() != 2) continue;
      for (const char* kind : {"prog", "map", "link"}) {
        if (words[0] == std::string(kind) + "_id:") objects.insert({kind, words[1]});
      }
    }
  }
  return objects;
}

std::size_t HeldBy(pid_t pid, const std::string& kind) {
  const std::set<BpfObject> objects = HeldBy(pid);
  return static_cast<std::size_t>(std::count_if(
      objects.begin(), objects.end(), [&](const BpfObject& object) { return object.first == kind; }));
}

std::size_t OpenDescriptors(pid_t pid) {
  const std::filesystem::directory_iterator entries(ProcessFolder(pid) / "fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::size_t ResidentKilobytes(pid_t pid) {
  std::ifstream file(ProcessFolder(pid) / "status");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = Words(line);
    if (words.size() >= 2 && words[0] == "VmRSS:") return std::stoul(words[1]);
  }
  throw std::runtime_error("no VmRSS of process " + std::to_string(pid));
}

}  // namespace bpfcast::test
