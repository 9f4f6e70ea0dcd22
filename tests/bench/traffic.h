// Traffic as fast as one CPU makes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>

#include "support/generator.h"

namespace bpfcast::test {

/// What the measurements send: UDP of one source to one group.
inline const Ipv4Address kBenchGroup = MakeIpv4(239, 7, 7, 7);

/// Sends from construction to destruction, on a thread pinned to `cpu`. One at a time of a generator.
class Traffic {
 public:
  /// `frame`: octets from the MAC header to the end of the payload, at least 60.
  Traffic(Generator& generator, const Host& sender, std::size_t frame, int cpu);
  /// Ends within some ten milliseconds.
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  /// Waits for the end; throws what stopped it before.
  void Stop();

 private:
  std::atomic<bool> stop_{false};
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace bpfcast::test
