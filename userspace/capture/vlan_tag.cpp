#include "capture/vlan_tag.h"

#include <array>

namespace bpfcast {

void InsertTag(const VlanTag& tag, CapturedFrame& frame) {
  constexpr std::size_t kPlace = 12;  // behind the addresses
  if (tag.protocol == 0 || frame.octets.size() < kPlace) return;
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(tag.protocol >> 8), static_cast<std::uint8_t>(tag.protocol),
      static_cast<std::uint8_t>(tag.tci >> 8), static_cast<std::uint8_t>(tag.tci)};
  frame.octets.insert(frame.octets.begin() + kPlace, octets.begin(), octets.end());
  frame.length += octets.size();
}

}  // namespace bpfcast
