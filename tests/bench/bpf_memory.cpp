#include "bench/bpf_memory.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "datapath/bpf_fd.h"
#include "support/netns.h"

namespace bpfcast::test {
namespace {

BpfFd OpenMap(std::uint32_t id) {
  BpfFd fd(bpf_map_get_fd_by_id(id));
  if (!fd) throw std::runtime_error("BPF map " + std::to_string(id) + ": " + std::strerror(errno));
  return fd;
}

// What a map of maps holds.
std::set<std::uint32_t> Inside(const BpfFd& map) {
  std::set<std::uint32_t> inner;
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0 || info.type != BPF_MAP_TYPE_ARRAY_OF_MAPS) {
    return inner;
  }
  for (std::uint32_t key = 0; key < info.max_entries; ++key) {
    std::uint32_t id = 0;
    if (bpf_map_lookup_elem(map.get(), &key, &id) == 0 && id != 0) inner.insert(id);
  }
  return inner;
}

std::size_t Octets(const BpfFd& map) {
  std::ifstream file("/proc/self/fdinfo/" + std::to_string(map.get()));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = Words(line);
    if (words.size() == 2 && words[0] == "memlock:") return std::stoul(words[1]);
  }
  throw std::runtime_error("the kernel does not tell the memory of a map");
}

}  // namespace

std::size_t MapKilobytes(const std::set<BpfObject>& objects) {
  std::set<std::uint32_t> maps;
  for (const auto& [kind, number] : objects) {
    if (kind == "map") maps.insert(static_cast<std::uint32_t>(std::stoul(number)));
  }
  std::set<std::uint32_t> inner;
  for (const std::uint32_t id : maps) inner.merge(Inside(OpenMap(id)));
  maps.merge(inner);
  std::size_t octets = 0;
  for (const std::uint32_t id : maps) octets += Octets(OpenMap(id));
  return octets / 1024;
}

}  // namespace bpfcast::test
