// The one clock of the test bed: monotonic, shared by senders, receivers and captures on this machine.
#pragma once

#include <ctime>

#include <chrono>
#include <functional>
#include <thread>

namespace bpfcast::test {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Nanos = std::chrono::nanoseconds;
using namespace std::chrono_literals;

inline double Seconds(Clock::duration d) {
  return std::chrono::duration<double>(d).count();
}
inline double Millis(Clock::duration d) {
  return 1e3 * Seconds(d);
}

/// Kernel receive stamps are wall clock time; this puts them on the monotonic line.
inline Instant FromWallClock(const timespec& stamp) {
  const auto wall = std::chrono::seconds(stamp.tv_sec) + Nanos(stamp.tv_nsec);
  const auto age = std::chrono::system_clock::now().time_since_epoch() - wall;
  return Clock::now() - std::chrono::duration_cast<Clock::duration>(age);
}

/// Polls until `done` says yes; the last answer is the result, so a slow machine costs time and no verdict.
inline bool Eventually(const std::function<bool()>& done, Clock::duration limit = 5s) {
  const Instant deadline = Clock::now() + limit;
  while (Clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return done();
}

}  // namespace bpfcast::test
