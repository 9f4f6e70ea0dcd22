// RecentCount: of a counter since the start, what it counts now. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "doctor/facts.h"

namespace bpfcast {

/// What happens again and again is one episode, which is over when nothing happened for a while: how long
/// that is says the caller, who knows when things repeat themselves.
class RecentCount {
 public:
  /// Call it often, in comparison with `episode`: when the counter rose is only known by that.
  void See(std::uint64_t total, Time now, Duration episode) {
    if (total < total_) total_ = begin_ = 0;  // another one, which began anew
    if (total == total_) return;
    if (!last_ || now - *last_ > episode) begin_ = total_;
    total_ = total;
    last_ = now;
  }
  /// The cause of what was counted so far may be gone.
  void Forget() { last_.reset(); }

  /// Of the episode that goes on; a count of 0 when there is none.
  Recent At(Time now, Duration episode) const {
    if (!last_ || now - *last_ > episode) return {};
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - *last_);
    return {total_ - begin_, static_cast<unsigned>(ago.count())};
  }

 private:
  std::uint64_t total_ = 0;
  std::uint64_t begin_ = 0;  // before the episode
  std::optional<Time> last_;
};

/// Of a port, both families together.
struct RecentCounts {
  RecentCount limit;
  RecentCount policy;
  RecentCount ssm;
  RecentCount overflows;

  /// Other settings: what was refused before may be welcome now.
  void Forget() {
    limit.Forget();
    policy.Forget();
    ssm.Forget();
  }
};

}  // namespace bpfcast
