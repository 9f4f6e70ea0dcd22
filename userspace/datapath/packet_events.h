// PacketEvents: what the programs tell of single packets, by the ring buffer `events`.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "routing/datapath.h"

struct ring_buffer;

namespace bpfcast {

class PacketEvents {
 public:
  /// `map`: descriptor of `events`; its owner keeps it open.
  static Result<PacketEvents> Open(int map);
  PacketEvents() = default;

  /// Readable when there is something to take.
  int fd() const;
  /// All of it: the programs' budget bounds what a second can bring, and their ring what they can leave.
  std::vector<PacketEvent> Take();

 private:
  struct Free {
    void operator()(ring_buffer* ring) const;
  };

  std::unique_ptr<std::vector<PacketEvent>> taken_;  // libbpf keeps its address
  std::unique_ptr<ring_buffer, Free> ring_;
};

}  // namespace bpfcast
