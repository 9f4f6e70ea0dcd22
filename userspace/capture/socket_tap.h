// SocketTap: the multicast frames of an interface that a packet socket sees: what no XDP program takes or
// sends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/frame_filter.h"
#include "capture/frame_queue.h"
#include "os/unique_fd.h"

namespace bpfcast {

class SocketTap {
 public:
  struct Directions {
    bool in = false;
    bool out = false;

    bool operator==(const Directions&) const = default;
  };

  /// Sees nothing until Turn(). Needs CAP_NET_RAW.
  static Result<SocketTap> Open(std::uint32_t ifindex, const std::string& name, LinkKind link);

  /// Which frames it sees from now on.
  Result<void> Turn(Directions directions);
  int fd() const { return fd_.get(); }
  /// Its frames get the number `port`.
  void Drain(const FrameFilter& filter, std::size_t port, FrameQueue& queue);

  std::uint64_t left_out() const { return left_out_; }  // by the filter
  /// Because Drain() came too late.
  std::uint64_t lost();

 private:
  UniqueFd fd_;
  std::string name_;
  LinkKind link_ = LinkKind::kEthernet;
  Directions directions_;
  std::vector<std::uint8_t> room_;
  std::uint64_t left_out_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace bpfcast
