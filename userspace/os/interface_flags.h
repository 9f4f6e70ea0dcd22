// AllMulticastFlags: opens the multicast MAC filters of interfaces, and closes again those that it opened.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "os/link_monitor.h"

namespace bpfcast {

/// Which interfaces have IFF_ALLMULTI from us. The flag, not a packet socket's membership: it outlives a
/// crash, so a stream that the datapath goes on forwarding does too. What we set is written to a file first,
/// so that the next agent knows it for ours and clears it at its clean stop.
class AllMulticastFlags {
 public:
  /// Reads what an agent that crashed left in `path`; a file that cannot be read holds nothing.
  explicit AllMulticastFlags(std::string path);
  AllMulticastFlags(const AllMulticastFlags&) = delete;
  AllMulticastFlags& operator=(const AllMulticastFlags&) = delete;
  /// Clears every flag of ours in this network namespace; the file goes with the last one.
  ~AllMulticastFlags();

  /// Sets the flag unless it is set: by us, or by somebody whose flag is not ours to clear. On failure it is
  /// not set.
  Result<void> Set(const Link& link);
  /// Clears those of ours that an earlier agent set on other interfaces than these.
  void ClearOthers(const std::set<std::uint32_t>& used);
  /// The flags, and the file, stay for the next agent.
  void HandOver() { ours_.clear(); }
  /// Clears it if it is ours. An interface that is gone took its flag along.
  void Clear(std::uint32_t ifindex);

 private:
  /// An interface index means something in its network namespace only: (inode of the namespace, ifindex).
  using Flag = std::pair<std::uint64_t, std::uint32_t>;

  Result<void> Write() const;

  std::string path_;
  std::uint64_t netns_;
  std::set<Flag> ours_;
};

}  // namespace bpfcast
