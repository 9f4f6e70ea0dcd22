// What stands at the far ends of a router's ports: programs that count the packets of the measured group and
// drop them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datapath/bpf_fd.h"
#include "support/star.h"

struct sink;

namespace bpfcast::test {

class Sinks {
 public:
  /// The kind that costs least for what the router sends: frames of native XDP, or packets of the stack.
  enum class Kind { kXdp, kTc };

  /// At every host of the star. Throws when one cannot be attached.
  Sinks(const Star& star, Kind kind);

  /// What arrived since the start, for each port of the router.
  std::vector<std::uint64_t> Arrivals() const;

 private:
  std::unique_ptr<sink, void (*)(sink*)> object_;
  std::vector<std::uint32_t> interfaces_;
  std::vector<BpfFd> links_;
};

}  // namespace bpfcast::test
