// NicSettings: what of a network card keeps its driver from running XDP programs.
#pragma once

#include <string>

namespace bpfcast {

struct NicSettings {
  bool lro = false;
  bool gro_hw = false;        // rx-gro-hw
  bool gro_hw_fixed = false;  // and nobody here can switch it off
  unsigned combined = 0;      // channels of both directions; 0: the driver has none
  unsigned most_rx = 0;       // how many channels of reception alone there may be; 0: the driver has none
};

/// Asks the kernel in the current network namespace. What cannot be learned stays at its default.
NicSettings ProbeNic(const std::string& ifname);

}  // namespace bpfcast
