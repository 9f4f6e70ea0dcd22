// PortCapture: the multicast frames of some ports, each once, from wherever they can be seen: the programs
// that forward, for what arrives, with their verdicts, and for what XDP sends; packet sockets for the rest.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/frame_filter.h"
#include "capture/frame_queue.h"
#include "capture/program_tap.h"
#include "capture/socket_tap.h"

namespace bpfcast {

class PortCapture {
 public:
  struct Port {
    std::string name;
    LinkKind link = LinkKind::kEthernet;
    std::uint32_t ifindex = 0;
    enum class Arrivals : std::uint8_t { kOfPrograms, kOfSocket } arrivals = Arrivals::kOfSocket;
  };
  struct Counts {
    std::uint64_t left_out = 0;  // multicast packets that the filter left out
    std::uint64_t lost = 0;      // that came too fast
    std::uint64_t unjudged = 0;  // that were captured, and whose verdict was lost
  };

  /// In the network namespace of the caller; several names of one interface are one port. Fails when an
  /// interface is not there, without the rights of root, and when XDP takes or sends what cannot be seen. On
  /// failure nothing is attached.
  static Result<PortCapture> Start(const std::vector<std::string>& names, SocketTap::Directions directions,
                                   const FrameFilter& filter);

  const std::vector<Port>& ports() const { return ports_; }
  /// Which become readable when there is much to take.
  std::vector<int> descriptors() const;
  /// What came until a moment ago, in the order of time. To be called often.
  std::vector<CapturedFrame> Take();
  /// Ends the capture; gives what came until now.
  std::vector<CapturedFrame> Finish();
  Counts counts();
  /// Why frames of programs come without verdicts, from packet sockets; empty when they do not.
  const std::string& refused() const { return programs_->refused(); }
  /// What is wrong now; empty when nothing is.
  const std::string& trouble() const { return trouble_; }

 private:
  PortCapture() = default;
  /// Follows programs and interfaces that come and go.
  void Follow();
  Result<void> FollowPort(std::size_t place);
  bool Captures(std::uint32_t ifindex) const;
  /// Where programs cannot be looked into, XDP on these interfaces hides frames.
  Result<void> CheckNothingIsHidden() const;
  void Drain();

  SocketTap::Directions directions_;
  FrameFilter filter_;
  std::unique_ptr<ProgramTap> programs_;
  std::vector<Port> ports_;
  std::vector<SocketTap> sockets_;  // one for each port
  FrameQueue queue_;
  Counts gone_;  // of sockets that were closed
  std::chrono::steady_clock::time_point next_follow_;
  std::string trouble_;
};

}  // namespace bpfcast
