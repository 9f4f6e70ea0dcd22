// What this process costs.
#pragma once

#include <cstddef>

namespace bpfcast {

struct ProcessUsage {
  double cpu_seconds = 0;
  std::size_t resident_bytes = 0;
  std::size_t open_files = 0;
};

/// What cannot be read is 0.
ProcessUsage UsageOfThisProcess();

}  // namespace bpfcast
