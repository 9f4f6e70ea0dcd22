// Which datapath serves: BPF programs, or the kernel's multicast routing.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "routing/datapath.h"

namespace bpfcast {

struct ChosenDatapath {
  std::unique_ptr<Datapath> datapath;
  std::string pins;  // where those of the BPF programs are; empty: there are none
};

/// Does what the configuration says, or what is left to do. When BPF was to be tried first and cannot be
/// used, a warning says why. On failure nothing is left in the kernel.
Result<ChosenDatapath> OpenDatapath(const Config& config, const std::string& instance);

}  // namespace bpfcast
