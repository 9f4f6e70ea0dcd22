#include "datapath/predecessor.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "bpfcast/abi.h"
#include "datapath/kernel_time.h"

namespace bpfcast {
namespace {

constexpr std::uint32_t kElement = 0;

/// The element of a `control` map of any version; empty when that is no such map.
std::vector<std::uint8_t> ReadElement(int control) {
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(control, &info, &size) != 0 || info.type != BPF_MAP_TYPE_ARRAY ||
      info.value_size < sizeof(bpfcast_control)) {
    return {};
  }
  std::vector<std::uint8_t> element(info.value_size);
  if (bpf_map_lookup_elem(control, &kElement, element.data()) != 0) return {};
  return element;
}

/// Nothing when the map decides nothing here and now.
std::optional<bpfcast_control> InForce(const BpfFd& control, std::uint64_t netns) {
  if (!control) return std::nullopt;
  const std::vector<std::uint8_t> element = ReadElement(control.get());
  if (element.empty()) return std::nullopt;
  bpfcast_control value{};
  std::memcpy(&value, element.data(), sizeof value);
  const auto now = static_cast<std::uint64_t>(KernelTime().time_since_epoch().count());
  if (value.netns != netns || value.lease <= now) return std::nullopt;
  return value;
}

}  // namespace

Result<Predecessor> Predecessor::Find(const BpfPins& pins, std::uint64_t netns) {
  Predecessor found;
  for (const char* name : {kControlMap, kControlBefore}) {
    Result<BpfFd> control = pins.FindOrFail(name);
    if (!control) return tl::unexpected(control.error());
    const auto value = InForce(*control, netns);
    if (!value) continue;
    if (name == kControlMap && value->abi == BPFCAST_ABI) {
      found.estate_ = Estate::kRoutes;
    } else {
      found.estate_ = Estate::kOpaque;
      found.control_ = std::move(*control);
    }
    break;
  }
  return found;
}

void Predecessor::ProlongLease(Time end) {
  if (!control_) return;
  std::vector<std::uint8_t> element = ReadElement(control_.get());
  if (element.empty()) return;
  std::uint64_t lease = 0;
  std::memcpy(&lease, element.data(), sizeof lease);
  lease = std::max(lease, static_cast<std::uint64_t>(end.time_since_epoch().count()));
  std::memcpy(element.data(), &lease, sizeof lease);
  bpf_map_update_elem(control_.get(), &kElement, element.data(), BPF_ANY);
}

}  // namespace bpfcast
