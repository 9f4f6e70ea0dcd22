// A numbered stream (stream.h) of live frames: the rate that a socket cannot keep while the machine works.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>

#include "support/generator.h"
#include "support/stream.h"

namespace bpfcast::test {

class LiveStream {
 public:
  /// Sends from now on, on a thread that stays on one CPU: a ring cannot overflow while who fills it is also
  /// who empties it. A machine that cannot keep the rate gets what it can.
  LiveStream(const Host& sender, const StreamOptions& options);
  ~LiveStream();
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  /// Throws what stopped it before.
  void Stop();
  std::uint64_t sent() const { return sent_; }
  /// Packets a second since the start, until the stop.
  double Rate() const;

 private:
  void Pace(unsigned rate);

  Generator generator_;
  Instant begin_;
  Instant end_{};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<bool> stop_{false};
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace bpfcast::test
