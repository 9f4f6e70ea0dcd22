// Time as the pure floors see it: a value that is handed in, never read from a clock.
#pragma once

#include <chrono>

namespace bpfcast {

using Duration = std::chrono::nanoseconds;

/// A monotonic time line without a `now()`: only the event loop knows what time it is (B-25).
struct MonotonicTimeLine {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTimeLine>;
  static constexpr bool is_steady = true;
};

using Time = MonotonicTimeLine::time_point;

/// A deadline that does not exist.
inline constexpr Time kNever = Time::max();

}  // namespace bpfcast
