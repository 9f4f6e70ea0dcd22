#include "datapath/device_maps.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>

namespace bpfcast {

Result<void> DeviceMaps::SetPort(PortId id, std::uint32_t ifindex) {
  ifindexes_[id] = ifindex;
  return Write(object_.tx_one(), id, ifindex);
}

void DeviceMaps::RemovePort(PortId id) {
  ifindexes_.erase(id);
  const auto key = static_cast<std::uint32_t>(id);
  bpf_map_delete_elem(object_.tx_one(), &key);
}

// The map of maps waits for a grace period once for each call, so that a batch costs what one map costs
// (since Linux 6.8).
Result<void> DeviceMaps::CreateDeviceMaps(std::uint32_t first, std::uint32_t stride, std::uint32_t count,
                                          std::uint32_t ports) {
  std::vector<std::uint32_t> slots;
  std::vector<int> fds;
  std::vector<BpfFd> maps;
  for (std::uint32_t i = 0; i < count; ++i) {
    BpfFd map(bpf_map_create(BPF_MAP_TYPE_DEVMAP_HASH, "oil", sizeof(std::uint32_t), sizeof(bpf_devmap_val),
                             ports, nullptr));
    if (!map) {
      const std::string hint = errno == EMFILE ? "; raise the limit of open files (LimitNOFILE=)" : "";
      return Fail(std::string("create a BPF device map: ") + std::strerror(errno) + hint);
    }
    slots.push_back(first + i * stride);
    fds.push_back(map.get());
    maps.push_back(std::move(map));
  }
  std::uint32_t written = count;
  bpf_map_batch_opts options{};
  options.sz = sizeof options;
  if (bpf_map_update_batch(object_.oils(), slots.data(), fds.data(), &written, &options) != 0) {
    return Fail(std::string("write to BPF map oils: ") + std::strerror(errno));
  }
  for (std::uint32_t i = 0; i < count; ++i) maps_.insert_or_assign(slots[i], std::move(maps[i]));
  return {};
}

void DeviceMaps::WritePorts(std::uint32_t slot, const std::vector<PortId>& ports) {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    object_.oil_ports[slot + i / BPFCAST_CHUNK_PORTS].ports[i % BPFCAST_CHUNK_PORTS] =
        static_cast<std::uint16_t>(ports[i]);
  }
}

Result<void> DeviceMaps::FillDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) {
  for (const PortId id : ports) {
    if (Result<void> written = Write(maps_.at(slot).get(), id, ifindexes_.at(id)); !written) return written;
  }
  return {};
}

void DeviceMaps::EmptyDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) {
  for (const PortId id : ports) {
    const auto key = static_cast<std::uint32_t>(id);
    bpf_map_delete_elem(maps_.at(slot).get(), &key);
  }
}

Result<void> DeviceMaps::Write(int map, PortId id, std::uint32_t ifindex) {
  const auto key = static_cast<std::uint32_t>(id);
  bpf_devmap_val value{};
  value.ifindex = ifindex;
  value.bpf_prog.fd = object_.egress_program();
  if (bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0) return {};
  return Fail("write interface " + std::to_string(ifindex) + " to a BPF device map: " + std::strerror(errno));
}

}  // namespace bpfcast
