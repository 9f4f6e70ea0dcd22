#include "support/bpf_links.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "bpfcast/abi.h"
#include "support/unique_fd.h"

namespace bpfcast::test {

std::map<std::string, BpfLinkInfo> PinnedLinks(const std::filesystem::path& pins) {
  std::map<std::string, BpfLinkInfo> links;
  for (const auto& entry : std::filesystem::directory_iterator(pins)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("link_xdp") && !name.starts_with("link_tc")) continue;
    const UniqueFd fd(bpf_obj_get(entry.path().c_str()));
    bpf_link_info info{};
    std::uint32_t size = sizeof info;
    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0)
      throw std::runtime_error(entry.path().string() + ": " + std::strerror(errno));
    links[name] = {info.id, info.prog_id};
  }
  return links;
}

void MakeMapsOfAnotherVersion(const std::filesystem::path& pins) {
  const UniqueFd map(bpf_obj_get((pins / "control").c_str()));
  const std::uint32_t element = 0;
  bpfcast_control control{};
  if (!map || bpf_map_lookup_elem(map.get(), &element, &control) != 0)
    throw std::runtime_error("read the map control: " + std::string(std::strerror(errno)));
  control.abi = BPFCAST_ABI + 1;
  if (bpf_map_update_elem(map.get(), &element, &control, BPF_ANY) != 0)
    throw std::runtime_error("write the map control: " + std::string(std::strerror(errno)));
}

}  // namespace bpfcast::test
