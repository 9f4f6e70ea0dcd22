#include "os/group_filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace bpfcast {
namespace {

constexpr std::uint32_t kMldV2Report = 143;

/// Where a jump goes; the other targets are the instructions that carry them as their label.
enum Target : std::uint8_t { kNext, kUntagged, kIpv4, kIpv6, kHopByHop, kIcmpv6, kTake, kDrop };

/// An instruction whose jumps are still targets.
struct Step {
  sock_filter code;
  Target label = kNext;

  Step At(Target target) const { return {code, target}; }
};

constexpr Step Load(std::uint16_t size_and_mode, std::uint32_t at) {
  return {BPF_STMT(static_cast<std::uint16_t>(BPF_LD | size_and_mode), at)};
}
constexpr Step Compute(std::uint16_t operation, std::uint32_t operand) {
  return {BPF_STMT(static_cast<std::uint16_t>(BPF_ALU | operation | BPF_K), operand)};
}
constexpr Step IfEqual(std::uint32_t value, Target then, Target otherwise = kNext) {
  return {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)};
}
constexpr Step LoadOfFrame(int what) {
  return Load(BPF_B | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + what));
}
constexpr Step LoadHalfOfFrame(int what) {
  return Load(BPF_H | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + what));
}
constexpr Step LoadOctet(std::uint32_t at) {
  return Load(BPF_B | BPF_ABS, at);
}

}  // namespace

std::vector<sock_filter> GroupFilter() {
  const std::vector<Step> steps = {
      LoadOfFrame(SKF_AD_PKTTYPE),
      IfEqual(PACKET_OTHERHOST, kDrop),
      LoadOfFrame(SKF_AD_VLAN_TAG_PRESENT),  // on a VLAN's own interface Linux 6.1 leaves the tag behind
      IfEqual(0, kUntagged),
      LoadHalfOfFrame(SKF_AD_VLAN_TAG),
      Compute(BPF_AND, 0x0fff),
      IfEqual(0, kNext, kDrop),
      LoadHalfOfFrame(SKF_AD_PROTOCOL).At(kUntagged),
      IfEqual(ETH_P_IP, kIpv4),
      IfEqual(ETH_P_IPV6, kIpv6, kDrop),

      LoadOctet(9).At(kIpv4),  // protocol
      IfEqual(IPPROTO_IGMP, kTake, kDrop),

      Step{BPF_STMT(BPF_LDX | BPF_IMM, 0)}.At(kIpv6),  // X: octets between the IPv6 header and ICMPv6
      LoadOctet(6),                                    // next header
      IfEqual(IPPROTO_HOPOPTS, kHopByHop),
      IfEqual(IPPROTO_ICMPV6, kIcmpv6, kDrop),

      LoadOctet(41).At(kHopByHop),  // its length in units of 8 octets, without the first
      Compute(BPF_ADD, 1),
      Compute(BPF_LSH, 3),
      Step{BPF_STMT(BPF_MISC | BPF_TAX, 0)},
      LoadOctet(40),  // next header
      IfEqual(IPPROTO_HOPOPTS, kTake),
      IfEqual(IPPROTO_ROUTING, kTake),
      IfEqual(IPPROTO_FRAGMENT, kTake),
      IfEqual(IPPROTO_DSTOPTS, kTake),
      IfEqual(IPPROTO_ICMPV6, kIcmpv6, kDrop),

      Load(BPF_B | BPF_IND, 40).At(kIcmpv6),  // type
      IfEqual(MLD_LISTENER_QUERY, kTake),
      IfEqual(MLD_LISTENER_REPORT, kTake),
      IfEqual(MLD_LISTENER_REDUCTION, kTake),
      IfEqual(kMldV2Report, kTake, kDrop),

      Step{BPF_STMT(BPF_RET | BPF_K, 0xffffffff)}.At(kTake),
      Step{BPF_STMT(BPF_RET | BPF_K, 0)}.At(kDrop),
  };
  std::vector<sock_filter> program;
  program.reserve(steps.size());
  for (const Step& step : steps) {
    const auto distance = [&](std::uint8_t target) {
      if (target == kNext) return target;
      const auto found =
          std::find_if(steps.begin(), steps.end(), [&](const Step& each) { return each.label == target; });
      assert(found != steps.end());
      return static_cast<std::uint8_t>(found - steps.begin() - static_cast<std::ptrdiff_t>(program.size()) -
                                       1);
    };
    sock_filter code = step.code;
    code.jt = distance(code.jt);
    code.jf = distance(code.jf);
    program.push_back(code);
  }
  return program;
}

}  // namespace bpfcast
