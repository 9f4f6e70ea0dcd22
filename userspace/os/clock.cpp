#include "os/clock.h"

namespace bpfcast {

Time Now() {
  return Time(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace bpfcast
