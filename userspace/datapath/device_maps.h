// DeviceMaps: the kernel's side of the OIL pool, and the map for lists of one port.
#pragma once

#include <unordered_map>

#include "datapath/bpf_fd.h"
#include "datapath/bpf_object.h"
#include "datapath/oil_pool.h"

namespace bpfcast {

class DeviceMaps : public OilWriter {
 public:
  explicit DeviceMaps(BpfObject& object) : object_(object) {}

  /// Lists that name the port from now on lead to this interface.
  Result<void> SetPort(PortId id, std::uint32_t ifindex);
  void RemovePort(PortId id);

  Result<void> CreateDeviceMaps(std::uint32_t first, std::uint32_t stride, std::uint32_t count,
                                std::uint32_t ports) override;
  void WritePorts(std::uint32_t slot, const std::vector<PortId>& ports) override;
  Result<void> FillDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) override;
  void EmptyDeviceMap(std::uint32_t slot, const std::vector<PortId>& ports) override;

 private:
  Result<void> Write(int map, PortId id, std::uint32_t ifindex);

  BpfObject& object_;
  std::unordered_map<PortId, std::uint32_t> ifindexes_;
  std::unordered_map<std::uint32_t, BpfFd> maps_;  // by slot
};

}  // namespace bpfcast
