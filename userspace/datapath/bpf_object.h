// BpfObject: the loaded XDP and TC programs and the maps that they share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bpfcast/abi.h"
#include "datapath/bpf_map.h"
#include "datapath/bpf_pins.h"
#include "datapath/family_abi.h"

struct bpfcast_tc;
struct bpfcast_xdp;

namespace bpfcast {

/// The maps that a family has for itself.
template <class F>
struct FamilyMaps {
  BpfMap<typename FamilyAbi<F>::Key, std::uint32_t> routes;
  BpfMap<typename FamilyAbi<F>::PrefixKey, std::uint32_t> sources;
  BpfMap<typename FamilyAbi<F>::PrefixKey, std::uint32_t> passages;
  BpfMap<typename FamilyAbi<F>::FlowKey, bpfcast_flow> flows;
};

class BpfObject {
 public:
  /// Loads the programs with maps of their own. Needs CAP_BPF and CAP_NET_ADMIN. On failure nothing stays in
  /// the kernel.
  static Result<BpfObject> Load();
  /// Loads them with the maps that are pinned. Nothing when a map is missing or is not what the programs
  /// need.
  static Result<std::optional<BpfObject>> LoadWithPinned(const BpfPins& pins);
  BpfObject(BpfObject&&) noexcept;
  BpfObject& operator=(BpfObject&&) noexcept;
  ~BpfObject();

  int xdp_program() const;
  int egress_program() const;
  int tc_program() const;
  int tc_bare_program() const;  // for ports without a link layer
  int tx_one() const;
  int oils() const;
  int events() const;
  int control_map() const;
  /// Every map with its name, for pinning.
  std::vector<std::pair<std::string, int>> maps() const;

  FamilyMaps<Igmp>& maps_of(Igmp) { return ipv4_; }
  FamilyMaps<Mld>& maps_of(Mld) { return ipv6_; }
  BpfMap<std::uint32_t, bpfcast_port> ports;
  BpfMap<std::uint32_t, std::uint32_t> if_port;
  MappedArray<bpfcast_control> control;
  MappedArray<bpfcast_route> routes;
  MappedArray<bpfcast_oil_chunk> oil_ports;
  PerCpuMap<std::uint64_t> verdicts;
  PerCpuMap<bpfcast_port_stat> port_stat;
  PerCpuMap<bpfcast_route_stats> route_stat;

 private:
  struct Destroy {
    void operator()(bpfcast_xdp* object) const;
    void operator()(bpfcast_tc* object) const;
  };
  enum class Reuse : std::uint8_t { kDone, kImpossible };

  BpfObject();
  Result<void> OpenSkeletons();
  Result<Reuse> ReusePinned(const BpfPins& pins);
  Result<void> LoadPrograms();
  Result<void> MapArrays();

  FamilyMaps<Igmp> ipv4_;
  FamilyMaps<Mld> ipv6_;
  std::unique_ptr<bpfcast_xdp, Destroy> xdp_;
  std::unique_ptr<bpfcast_tc, Destroy> tc_;
};

}  // namespace bpfcast
