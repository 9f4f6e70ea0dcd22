// Programs that somebody else than bpfcast puts on an interface. They let everything pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/netns.h"
#include "support/unique_fd.h"

namespace bpfcast::test {

class ForeignProgram {
 public:
  enum class Kind : std::uint8_t { kXdp, kTcx };

  /// Loads one by this name. Throws when the kernel refuses.
  ForeignProgram(Kind kind, const std::string& name);
  std::uint32_t id() const { return id_; }

  /// A BPF link; the program leaves the interface with it.
  UniqueFd Attach(const NetNs& ns, const std::string& interface) const;
  /// XDP in the driver by netlink, as `ip link set INTERFACE xdpdrv` does it.
  void AttachByNetlink(const NetNs& ns, const std::string& interface) const;

 private:
  Kind kind_;
  UniqueFd fd_;
  std::uint32_t id_ = 0;
};

/// Programs on the interface's TCX ingress, in the order in which they run.
std::vector<std::uint32_t> TcxPrograms(const NetNs& ns, const std::string& interface);
/// Takes a BPF link of another process off its interface, as `bpftool link detach` does it.
void DetachLink(const std::string& pin);

}  // namespace bpfcast::test
