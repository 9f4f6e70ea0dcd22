// BpfObject: the loaded XDP and TC programs and the maps that they share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bpfcast/abi.h"
#include "datapath/bpf_map.h"

struct bpfcast_tc;
struct bpfcast_xdp;

namespace bpfcast {

class BpfObject {
 public:
  /// Needs CAP_BPF and CAP_NET_ADMIN. On failure nothing stays in the kernel.
  static Result<BpfObject> Load();
  BpfObject(BpfObject&&) noexcept;
  BpfObject& operator=(BpfObject&&) noexcept;
  ~BpfObject();

  int xdp_program() const;
  int egress_program() const;
  int tc_program() const;
  int tx_one() const;
  int oils() const;
  /// Every map with its name, for pinning.
  std::vector<std::pair<std::string, int>> maps() const;

  BpfMap<bpfcast_key4, std::uint32_t> rt4;
  BpfMap<std::uint32_t, bpfcast_port> ports;
  BpfMap<std::uint32_t, std::uint32_t> if_port;
  BpfMap<bpfcast_source_key, std::uint32_t> sources;
  MappedArray<bpfcast_control> control;
  MappedArray<bpfcast_route> routes;
  MappedArray<bpfcast_oil_chunk> oil_ports;
  PerCpuMap<std::uint64_t> verdicts;
  PerCpuMap<bpfcast_port_stat> port_stat;
  PerCpuMap<bpfcast_route_stats> route_stat;
  BpfMap<bpfcast_flow_key, bpfcast_flow> flows;

 private:
  struct Destroy {
    void operator()(bpfcast_xdp* object) const;
    void operator()(bpfcast_tc* object) const;
  };
  BpfObject();
  Result<void> MapArrays();

  std::unique_ptr<bpfcast_xdp, Destroy> xdp_;
  std::unique_ptr<bpfcast_tc, Destroy> tc_;
};

}  // namespace bpfcast
